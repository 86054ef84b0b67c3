"""Passwords are made slow to guess on purpose; in tests nobody guesses them."""

from django.conf import settings


def hash_passwords_quickly() -> None:
    """In this process. The gateways and commands that tests start hash as in production."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


AS_IN_PRODUCTION = ["metering.identity.people.hashing.BoundedPasswordHasher"]
"""For tests of hashing itself."""
