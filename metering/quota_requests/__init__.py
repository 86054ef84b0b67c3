"""Requests for quota: a tenant asks for more of a budget, and an operator answers."""
