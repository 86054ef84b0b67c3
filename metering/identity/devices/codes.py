"""The two codes of a device login: one that a machine keeps, and a short one that people read, say and type."""

import secrets

from metering.identity.tokens.secret import digest_of

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""Consonants without look-alikes, so that no code is a word (RFC 8628, section 6.1)."""
LENGTH = 8
"""20 to the 8th are 25.6 thousand million codes: with 2,000 waiting, a guess meets one at odds of 1 to 12.8 million."""
DEVICE_BYTES = 32
MAX_WRITTEN = 64


def new_device_code() -> str:
    """Return a new code for the machine: 256 random bits as text."""
    return secrets.token_urlsafe(DEVICE_BYTES)


def new_user_code() -> str:
    """Eight random letters as people read them: `BCDF-GHJK`."""
    return written_user_code("".join(secrets.choice(LETTERS) for _ in range(LENGTH)))


def written_user_code(letters: str) -> str:
    """A code as people read it, however it was typed."""
    plain = plain_user_code(letters) or ""
    return f"{plain[:4]}-{plain[4:]}"


def plain_user_code(written: str) -> str | None:
    """The letters of a code as somebody typed it, in any case and with any signs between; None: it is no code."""
    letters = "".join(sign for sign in written[:MAX_WRITTEN].upper() if sign.isalnum())
    return letters if len(letters) == LENGTH and set(letters) <= set(LETTERS) else None


def digest_of_device_code(code: str) -> bytes:
    """Return the digest that is stored of a machine's code."""
    return digest_of(f"device {code}")


def digest_of_user_code(letters: str) -> bytes:
    """What is stored of the letters that `plain_user_code` returns."""
    return digest_of(f"device user {letters}")
