"""Vendors' shipped catalogs: what is known of their models, what a kept list says they cost, and who enters it."""
