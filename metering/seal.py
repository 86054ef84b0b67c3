"""Encryption at rest: the first of FIELD_ENCRYPTION_KEYS seals, every one of them opens."""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class CannotOpen(ValueError):
    """None of the configured keys opens this: it was sealed with one that has been taken away."""


def seal(content: bytes) -> bytes:
    """Encrypt content, so that it can be read with the keys only."""
    return _keys().encrypt(content)


def unseal(sealed: bytes) -> bytes:
    """Return the content that `seal` encrypted. Raises CannotOpen."""
    try:
        return _keys().decrypt(sealed)
    except InvalidToken:
        raise CannotOpen("no configured key opens this") from None


def reseal(sealed: bytes) -> bytes | None:
    """The same content, sealed with the first key; None where it is already. Raises CannotOpen."""
    newest, *_ = settings.FIELD_ENCRYPTION_KEYS
    try:
        Fernet(newest).decrypt(sealed)
    except InvalidToken:
        return seal(unseal(sealed))
    return None


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FIELD_ENCRYPTION_KEYS])
