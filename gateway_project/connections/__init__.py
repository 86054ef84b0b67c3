"""Looks after the connections that callers have opened, and ends those that only take up room."""
