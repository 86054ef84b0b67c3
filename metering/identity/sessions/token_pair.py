"""What a person who signs in gets: an access token, and a refresh token for the next pair."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from metering.errors import InvalidCredential
from metering.identity.sessions.access_token import ACCESS_LIFE, sign_access_token
from metering.identity.sessions.jwts import read_claims, sign_claims
from metering.models import LoginSession


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPair:
    """An access token and a refresh token. The refresh token can be changed once for the next pair."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_in: int = int(ACCESS_LIFE.total_seconds())
    """The life of the access token in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshClaims:
    """What a signed refresh token says: which one it is, of which session."""

    session_id: UUID
    refresh_id: UUID


def pair_for(session: LoginSession, *, now: datetime) -> TokenPair:
    """The pair that belongs to the session's current `refresh_id`: its refresh token is the same text every time."""
    refresh = sign_claims(
        "refresh",
        {"sub": str(session.user_id), "sid": str(session.pk), "jti": str(session.refresh_id)},
        now=session.refreshed_at,
        expires_at=session.expires_at,
    )
    return TokenPair(access=sign_access_token(session=session, now=now), refresh=refresh)


def read_refresh_token(text: str, *, now: datetime) -> RefreshClaims:
    """The claims of a refresh token that we signed. Raises InvalidCredential and TokenExpired."""
    claims = read_claims("refresh", text, now=now)
    try:
        return RefreshClaims(session_id=UUID(claims["sid"]), refresh_id=UUID(claims["jti"]))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise InvalidCredential("This refresh token is malformed.") from None
