"""Overrides of budgets, prepaid credit, and requests for quota."""
