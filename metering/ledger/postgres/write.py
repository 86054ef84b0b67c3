"""Turn what the engine changed into statements."""

from collections.abc import Iterator
from uuid import UUID

from metering.ledger.books import Books
from metering.ledger.postgres import columns, sql, sql_inserts
from metering.ledger.postgres.literals import array
from metering.ledger.postgres.wire import Statement
from metering.ledger.records import Hold
from metering.types import EntryKind, ReservationState

CORRECTIONS = (EntryKind.TRUE_UP, EntryKind.ADJUST)


def statements_for(books: Books) -> Iterator[Statement]:
    """The writes of a batch: ends first, because they may free the key that a new hold takes."""
    ended = [hold for hold in books.updated if hold.state != ReservationState.HELD]
    if ended:
        yield sql.UPDATE_ENDS, columns.ended_holds(ended)
        freed = [hold.id for hold in ended if hold.idempotency_digest is not None and _lost_its_key(hold)]
        if freed:
            yield sql.FREE_KEYS, (array(freed),)
    if books.inserted:
        yield sql_inserts.INSERT_HOLDS, columns.new_holds(books.inserted)
    extended = [hold for hold in books.updated if hold.state == ReservationState.HELD]
    if extended:
        yield sql.UPDATE_EXTENDED, columns.extended_holds(extended)
    if books.attempts:
        yield sql_inserts.INSERT_ATTEMPTS, columns.attempts(books)
    if books.provisional_attempts:
        yield sql_inserts.INSERT_PROVISIONAL, columns.provisional_attempts(books)
    if books.entries:
        yield sql_inserts.INSERT_ENTRIES, columns.entries(books)
        moved = moved_calls(books)
        unforeseen = [e for e in books.entries if e.kind in CORRECTIONS or e.reservation_id in moved]
        if unforeseen:
            yield sql.COUNT_AGAIN, columns.corrected(unforeseen)
    if books.changed_meters:
        yield sql.UPDATE_METERS, columns.meters(books)
    if books.watched:
        yield sql.ARM_METERS, columns.armed_meters(books)
        yield sql.KEEP_WATCHES, columns.watches(books)
    if books.alerts:
        yield sql_inserts.INSERT_ALERTS, columns.alerts(books.alerts)


def moved_calls(books: Books) -> set[UUID]:
    """Calls with attempts at other vendors than they were meant for. A meter of such a vendor that was opened while
    they were under way does not have them."""
    return {
        row.reservation_id
        for row in books.attempts
        if row.attempt.provider_name != books.holds[row.reservation_id].provider_name
    }


def _lost_its_key(hold: Hold) -> bool:
    """Settled without having spent anything. A release frees its key by itself."""
    return hold.state == ReservationState.SETTLED and hold.idempotency_key is None
