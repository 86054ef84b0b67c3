"""Tenants: made, changed, moved to a plan, suspended."""
