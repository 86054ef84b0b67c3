"""The page of a tenant's own vendor keys."""
