"""Overrides: so much more of a budget for a while, kept beside it."""
