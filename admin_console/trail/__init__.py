"""The audit trail of a tenant, or of everything, for people."""
