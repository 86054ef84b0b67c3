"""The pure engine: one command on one unit of work, in arrival order, without I/O.

State table (docs/ledger.md publishes it, tests/unit/metering/ledger/test_state_table.py walks it).
"""

from metering.ids import time_ms_of
from metering.ledger.commands import Adjust, Command, Expire, Extend, Release, Reserve, Settle
from metering.ledger.engine.adjust import apply_adjust
from metering.ledger.engine.end import apply_expire, apply_release, apply_settle
from metering.ledger.engine.extend import apply_extend
from metering.ledger.engine.reserve import apply_reserve
from metering.ledger.results import Reason, Refused, Result
from metering.ledger.unit_of_work import UnitOfWork

MAKES_HOLDS = (Reserve, Release)
CLOCK_TOLERANCE_MS = 86_400_000
"""A new reservation's or tombstone's id may be this far from the database's clock: its month must be open."""


def decide(command: Command, work: UnitOfWork) -> Result:
    """As `apply`, for a ledger that is kept by month: a new id must be of the database's own time."""
    if type(command) in MAKES_HOLDS and command.reservation_id not in work.holds:
        late_ms = work.now.timestamp() * 1_000 - time_ms_of(command.reservation_id)
        if abs(late_ms) > CLOCK_TOLERANCE_MS:
            return Refused(reservation_id=command.reservation_id, reason=Reason.BAD_ID, state=None)
    return apply(command, work)


def apply(command: Command, work: UnitOfWork) -> Result:
    """Carry out one command on the unit of work and answer it. The same unit of work gives the same answer."""
    match command:
        case Reserve():
            return apply_reserve(command, work)
        case Settle():
            return apply_settle(command, work)
        case Extend():
            return apply_extend(command, work)
        case Release():
            return apply_release(command, work)
        case Expire():
            return apply_expire(command, work)
        case Adjust():
            return apply_adjust(command, work)
