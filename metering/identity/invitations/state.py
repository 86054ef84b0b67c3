"""Where an invitation stands."""

from datetime import datetime

from metering.models import Invitation

STATES = ("open", "accepted", "withdrawn", "expired")


def state_of(invitation: Invitation, *, now: datetime) -> str:
    """Return the state of an invitation at `now`, one of STATES. An expired one can be mailed again."""
    if invitation.accepted_at is not None:
        return "accepted"
    if invitation.withdrawn_at is not None:
        return "withdrawn"
    return "open" if now < invitation.expires_at else "expired"
