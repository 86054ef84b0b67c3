"""How well the gateway does what it is for: what it meters, whether it is there, and what it saves."""
