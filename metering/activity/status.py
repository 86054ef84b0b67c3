"""How a call stands, in one word of people's."""

from enum import StrEnum

from metering.types import Outcome, ReservationState


class Status(StrEnum):
    """What became of a call, or that it was refused."""

    ANSWERED = "answered"
    CACHED = "cached"
    """Answered from the cache: no vendor was asked."""
    FAILED = "failed"
    """The vendor failed, or took too long."""
    CUT = "cut"
    """The answer broke off."""
    CANCELLED = "cancelled"
    """Its caller went away."""
    EXPIRED = "expired"
    """Nobody said how it ended: it is charged as held until somebody finds out."""
    IN_FLIGHT = "in_flight"
    NOT_SENT = "not_sent"
    """Its hold was given back before a vendor was asked."""
    REFUSED = "refused"


TOO_MANY = "429"
"""As a filter: those that were refused by a limit, as reports count them (metering/reports/denials.py)."""
OF_OUTCOME: dict[str, Status] = {
    Outcome.OK: Status.ANSWERED,
    Outcome.CACHED: Status.CACHED,
    Outcome.ERROR: Status.FAILED,
    Outcome.TIMEOUT: Status.FAILED,
    Outcome.CUT: Status.CUT,
    Outcome.CANCELLED: Status.CANCELLED,
    Outcome.PROVISIONAL: Status.EXPIRED,
}
"""By the outcome of a call's last attempt."""
OF_STATE = {ReservationState.HELD: Status.IN_FLIGHT, ReservationState.RELEASED: Status.NOT_SENT}
"""Of calls without an attempt in the log."""


def outcomes_of(status: Status) -> list[str]:
    """The outcomes of last attempts that mean this; none where an attempt cannot say it."""
    return [outcome for outcome, found in OF_OUTCOME.items() if found is status]
