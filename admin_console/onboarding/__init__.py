"""A new customer: one form for all that it needs at first, and a look out for its first call."""
