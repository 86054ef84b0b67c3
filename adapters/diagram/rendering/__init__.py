"""Diagram sources made pictures by programs of others, in processes of their own."""
