"""The pure engine: one command on the locked books, in arrival order, without I/O.

State table (docs/ledger.md publishes it, tests/unit/metering/ledger/test_state_table.py walks it).
"""

from metering.ledger.books import Books
from metering.ledger.commands import Adjust, Command, Expire, Extend, Release, Reserve, Settle
from metering.ledger.engine.adjust import adjust
from metering.ledger.engine.end import expire, release, settle
from metering.ledger.engine.extend import extend
from metering.ledger.engine.reserve import reserve
from metering.ledger.results import Result


def apply(command: Command, books: Books) -> Result:
    """Carry out one command on the books and answer it. Pure: the same books give the same answer."""
    match command:
        case Reserve():
            return reserve(command, books)
        case Settle():
            return settle(command, books)
        case Extend():
            return extend(command, books)
        case Release():
            return release(command, books)
        case Expire():
            return expire(command, books)
        case Adjust():
            return adjust(command, books)
