"""Tokens, teams and people of a tenant, for its administrators; tenants, for super admins."""
