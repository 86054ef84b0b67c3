"""What people see first: spending against budgets, traffic, what is under way, what needs somebody. Selectors only."""
