"""Access tokens: JWTs that stand for a person for a few minutes. The rows behind one are looked at on every use."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from metering.errors import InvalidCredential
from metering.identity.sessions.jwts import read_claims, sign_claims
from metering.models import LoginSession

ACCESS_LIFE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessClaims:
    """The claims of a signed access token."""

    user_id: UUID
    tenant_id: UUID | None
    ati_id: UUID | None
    """The ATI token that the person's plan comes from."""
    session_id: UUID
    expires_at: datetime


def sign_access_token(*, session: LoginSession, now: datetime) -> str:
    """An access token for the session's person, good for `ACCESS_LIFE`.

    It carries no role: that is the database's to say.
    """
    user = session.user
    return sign_claims(
        "access",
        {
            "sub": str(user.pk),
            "tenant_id": str(user.tenant_id) if user.tenant_id else None,
            "ati_id": str(user.signup_token_id) if user.signup_token_id else None,
            "sid": str(session.pk),
        },
        now=now,
        expires_at=min(now + ACCESS_LIFE, session.expires_at),
    )


def read_access_token(text: str, *, now: datetime) -> AccessClaims:
    """The claims of a token that we signed. Raises InvalidCredential and TokenExpired."""
    claims = read_claims("access", text, now=now)
    try:
        return AccessClaims(
            user_id=UUID(claims["sub"]),
            tenant_id=_optional_id(claims["tenant_id"]),
            ati_id=_optional_id(claims["ati_id"]),
            session_id=UUID(claims["sid"]),
            expires_at=datetime.fromtimestamp(claims["exp"], UTC),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise InvalidCredential("This access token is malformed.") from None


def _optional_id(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)
