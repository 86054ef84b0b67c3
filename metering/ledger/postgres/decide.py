"""What the engine answers to one command of a batch, after what only the store can tell."""

from metering.ids import time_ms_of
from metering.ledger.commands import Command, Release, Reserve
from metering.ledger.engine import apply
from metering.ledger.results import Reason, Refused, Result
from metering.ledger.unit_of_work import UnitOfWork

MAKES_HOLDS = (Reserve, Release)
CLOCK_TOLERANCE_MS = 86_400_000
"""A new reservation's or tombstone's id may be this far from the database's clock: its month must be open."""


def decide(command: Command, work: UnitOfWork) -> Result:
    """Carry out one command on a unit of work. A new id must be of the database's own time."""
    is_new = type(command) in MAKES_HOLDS and command.reservation_id not in work.holds
    if is_new and abs(time_ms_of(command.reservation_id) - work.now_ms) > CLOCK_TOLERANCE_MS:
        return Refused(reservation_id=command.reservation_id, reason=Reason.BAD_ID, state=None)
    return apply(command, work)
