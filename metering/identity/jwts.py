"""JSON Web Tokens, signed with JWT_SIGNING_KEY and of one type each, so that none passes for another."""

from collections.abc import Mapping
from datetime import datetime
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
    return jwt.encode({**claims, **registered}, settings.JWT_SIGNING_KEY, algorithm=ALGORITHM)


def read_claims(token_type: str, text: str, *, now: datetime) -> dict[str, Any]:
    """The claims of a JWT of this type that we signed. Raises InvalidCredential and TokenExpired."""
    if not looks_like_jwt(text):
        raise InvalidCredential(f"This is no {token_type} token.")
    try:
        claims: dict[str, Any] = jwt.decode(
            text,
            settings.JWT_SIGNING_KEY,
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
