"""How well the gateway does what it is for, for super admins."""
