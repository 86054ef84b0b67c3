"""Answers that a tenant gets again instead of asking a vendor: exact match, opt-in, for a while (docs/cache.md)."""
