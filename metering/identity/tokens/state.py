"""Whether an ATI token still works."""

from datetime import datetime

from metering.models import ATIToken

STATES = ("live", "expired", "revoked")


def state_of(token: ATIToken, *, now: datetime) -> str:
    """Return the state of a token at `now`, one of STATES."""
    if token.revoked_at is not None:
        return "revoked"
    return "expired" if token.expires_at is not None and token.expires_at <= now else "live"
