"""/api/provider-keys: vendors' keys of the caller's tenant."""
