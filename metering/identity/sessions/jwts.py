"""JSON Web Tokens of one type each, so that none passes for another.

The first of JWT_SIGNING_KEYS signs and all of them verify, so that a key can be changed without signing anybody out;
a token's `kid` says which one it was.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from hmac import new as hmac
from typing import Any

import jwt
from django.conf import settings

from metering.errors import InvalidCredential, TokenExpired

ISSUER = "llm-gateway"
ALGORITHM = "HS256"
MAX_LENGTH = 4096


def looks_like_jwt(text: str) -> bool:
    """Whether a bearer credential can be a JWT at all."""
    return text.startswith("eyJ") and text.count(".") == 2 and len(text) <= MAX_LENGTH


def sign_claims(
    token_type: str, claims: Mapping[str, str | None], *, now: datetime, expires_at: datetime
) -> str:
    """A JWT with these claims and the registered ones."""
    registered = {
        "iss": ISSUER,
        "token_type": token_type,
        "iat": int(now.timestamp()),
        "exp": int(expires_at.timestamp()),
    }
    key = settings.JWT_SIGNING_KEYS[0]
    return jwt.encode({**claims, **registered}, key, algorithm=ALGORITHM, headers={"kid": key_id(key)})


def read_claims(token_type: str, text: str, *, now: datetime) -> dict[str, Any]:
    """The claims of a JWT of this type that we signed. Raises InvalidCredential and TokenExpired."""
    if not looks_like_jwt(text):
        raise InvalidCredential(f"This is no {token_type} token.")
    try:
        claims: dict[str, Any] = jwt.decode(
            text,
            _key_of(text),
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            # The end is compared with the caller's `now` below.
            options={
                "require": ["iss", "sub", "iat", "exp", "token_type"],
                "verify_exp": False,
                "verify_iat": False,
            },
        )
        expired = claims["exp"] <= now.timestamp()
    except (jwt.PyJWTError, TypeError, ValueError, RecursionError):
        raise InvalidCredential(f"This is no {token_type} token of this gateway.") from None
    if claims["token_type"] != token_type:
        raise InvalidCredential(f"This is no {token_type} token.")
    if expired:
        raise TokenExpired(f"This {token_type} token has expired.")
    return claims


def key_id(key: str) -> str:
    """The `kid` of a signing key: tells keys apart and says nothing about them."""
    return hmac(key.encode(), b"kid", sha256).hexdigest()[:16]


def _key_of(text: str) -> str:
    """The key that a JWT says it was signed with. Raises PyJWTError for none of ours."""
    keys: Sequence[str] = settings.JWT_SIGNING_KEYS
    kid = jwt.get_unverified_header(text).get("kid")
    if kid is None:  # signed before keys had ids, when there was one key
        return keys[-1]
    for key in keys:
        if key_id(key) == kid:
            return key
    raise jwt.InvalidKeyError("no such key")
