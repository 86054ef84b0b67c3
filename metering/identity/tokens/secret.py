"""The secret of an ATI token: `ati_` + 8 visible characters + `_` + 43 random ones (256 bits).

Only its keyed digest is stored, so a copy of the database opens nothing.
"""

import hmac
import re
import secrets
import string
from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings

VISIBLE_LENGTH = 8
RANDOM_BYTES = 32
_VISIBLE_ALPHABET = string.ascii_letters + string.digits
_FORM = re.compile(r"ati_[A-Za-z0-9]{8}_[A-Za-z0-9_-]{32,86}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedToken:
    """A token at the only moment when its secret can be read."""

    id: UUID
    prefix: str
    secret: str = field(repr=False)


def new_secret() -> str:
    """A secret that was never used before."""
    visible = "".join(secrets.choice(_VISIBLE_ALPHABET) for _ in range(VISIBLE_LENGTH))
    return f"ati_{visible}_{secrets.token_urlsafe(RANDOM_BYTES)}"


def prefix_of(secret: str) -> str:
    """The part of a secret that may be shown: enough to tell tokens apart, nothing to log in with."""
    return secret[: len("ati_") + VISIBLE_LENGTH]


def is_well_formed(secret: str) -> bool:
    """Whether a text can be a secret at all, so that nonsense costs no query."""
    return _FORM.fullmatch(secret) is not None


def digest_of(secret: str) -> bytes:
    """The 32 bytes that are stored and looked up."""
    pepper: str = settings.TOKEN_PEPPER
    return hmac.digest(pepper.encode(), secret.encode(), "sha256")
