"""The pure engine: one command on one unit of work, in arrival order, without I/O.

State table (docs/ledger.md publishes it, tests/unit/metering/ledger/test_state_table.py walks it).
"""

from metering.ledger.commands import Adjust, Command, Expire, Extend, Release, Reserve, Settle
from metering.ledger.engine.adjust import apply_adjust
from metering.ledger.engine.end import apply_expire, apply_release, apply_settle
from metering.ledger.engine.extend import apply_extend
from metering.ledger.engine.reserve import apply_reserve
from metering.ledger.results import Result
from metering.ledger.unit_of_work import UnitOfWork


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
