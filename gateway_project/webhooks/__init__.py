"""Requests to addresses that tenants choose: within bounds, and to the public internet only."""
