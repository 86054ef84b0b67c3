"""Access tokens: JWTs that stand for a person for a few minutes. The rows behind one are looked at on every use."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
from django.conf import settings

from metering.errors import InvalidCredential, TokenExpired
from metering.models import User

ACCESS_LIFE = timedelta(minutes=10)
ISSUER = "llm-gateway"
ALGORITHM = "HS256"
MAX_LENGTH = 4096
_REQUIRED = ["iss", "sub", "iat", "exp", "token_type"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessClaims:
    """What a signed access token says. `ati_id` is the ATI token that the person's plan comes from."""

    user_id: UUID
    tenant_id: UUID | None
    ati_id: UUID | None
    expires_at: datetime


def sign_access_token(*, user: User, now: datetime) -> str:
    """An access token for a person, good for `ACCESS_LIFE`. It carries no role: that is the database's to say."""
    claims = {
        "iss": ISSUER,
        "token_type": "access",
        "sub": str(user.pk),
        "tenant_id": str(user.tenant_id) if user.tenant_id else None,
        "ati_id": str(user.signup_token_id) if user.signup_token_id else None,
        "iat": int(now.timestamp()),
        "exp": int((now + ACCESS_LIFE).timestamp()),
    }
    return jwt.encode(claims, settings.JWT_SIGNING_KEY, algorithm=ALGORITHM)


def looks_like_jwt(text: str) -> bool:
    """Whether a bearer credential can be a JWT at all."""
    return text.startswith("eyJ") and text.count(".") == 2 and len(text) <= MAX_LENGTH


def read_access_token(text: str, *, now: datetime) -> AccessClaims:
    """The claims of a token that we signed. Raises InvalidCredential and TokenExpired."""
    claims = read_claims(text, token_type="access", required=_REQUIRED, now=now)
    try:
        return AccessClaims(
            user_id=UUID(claims["sub"]),
            tenant_id=_optional_id(claims["tenant_id"]),
            ati_id=_optional_id(claims["ati_id"]),
            expires_at=datetime.fromtimestamp(claims["exp"], UTC),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise InvalidCredential("This access token is malformed.") from None


def read_claims(text: str, *, token_type: str, required: list[str], now: datetime) -> dict[str, Any]:
    """The claims of a JWT of this type that we signed. Raises InvalidCredential and TokenExpired."""
    try:
        claims: dict[str, Any] = jwt.decode(
            text,
            settings.JWT_SIGNING_KEY,
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            # The end is compared with the caller's `now` below.
            options={"require": required, "verify_exp": False, "verify_iat": False},
        )
        expired = claims["exp"] <= now.timestamp()
    except (jwt.PyJWTError, TypeError, RecursionError):
        raise InvalidCredential(f"This is not an {token_type} token of this gateway.") from None
    if claims["token_type"] != token_type:
        raise InvalidCredential(f"This is not an {token_type} token.")
    if expired:
        raise TokenExpired(f"This {token_type} token has expired.")
    return claims


def _optional_id(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)
