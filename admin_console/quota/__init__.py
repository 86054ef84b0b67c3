"""Pages about requests for quota, overrides of budgets and prepaid credit."""
