"""Vendors' keys in the database: set, switched, sealed anew and read."""
