"""Limits that a tenant sets for its own teams, people, tokens and tags: listed, set with their effect, lifted."""
