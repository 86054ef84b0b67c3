"""Connections that callers have opened: which have a request under way, and the end of those that only take up room."""
