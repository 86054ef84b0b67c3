"""What can be bought and what is allowed, for super admins: plans, models, prices, providers, rules, budgets."""
