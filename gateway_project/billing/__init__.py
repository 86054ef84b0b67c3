"""Billing systems that usage is exported to, each in its own file."""
