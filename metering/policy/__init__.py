"""What a caller may spend: rules, budgets and the effective policy they compile to."""
