"""A new customer: everything that it needs at first, made at once, and a look out for its first call."""
