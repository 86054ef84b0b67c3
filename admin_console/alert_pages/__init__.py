"""Alerts about limits: those of a tenant for its administrators, all of them for operators."""
