"""Drafting patent applications."""
