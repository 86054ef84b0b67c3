"""Vendors' own reports of usage and cost: how each is asked for, and read."""
