"""Explore: usage by whatever people ask for. What it shows is in its address; a saved view is a named address."""
