"""The wire protocols: small ASGI endpoints in front of Django."""
