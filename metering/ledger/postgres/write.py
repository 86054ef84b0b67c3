"""Turn what the engine changed into statements."""

from collections.abc import Iterator, Set
from typing import NamedTuple
from uuid import UUID

from metering.ids import uuid7
from metering.ledger.books import Books
from metering.ledger.postgres import columns, sql, sql_inserts
from metering.ledger.postgres.literals import array
from metering.ledger.postgres.table import parameters
from metering.ledger.postgres.wire import Statement
from metering.ledger.records import Alert, Hold, Meter, Watch
from metering.types import EntryKind, ReservationState

CORRECTIONS = (EntryKind.TRUE_UP, EntryKind.ADJUST)


class Raised(NamedTuple):
    """An alert with the id of its row."""

    id: UUID
    alert: Alert


class Watched(NamedTuple):
    """What is told of one budget on one meter."""

    meter_id: int
    budget_id: str
    watch: Watch


def statements_for(books: Books) -> Iterator[Statement]:
    """The writes of a batch: ends first, because they may free the key that a new hold takes."""
    ended = [hold for hold in books.updated if hold.state != ReservationState.HELD]
    if ended:
        yield sql.UPDATE_ENDS, parameters(columns.ENDED_HOLD, ended)
        freed = [hold.id for hold in ended if hold.idempotency_digest is not None and _lost_its_key(hold)]
        if freed:
            yield sql.FREE_KEYS, (array(freed),)
    if books.inserted:
        yield sql_inserts.INSERT_HOLDS, parameters(columns.NEW_HOLD, books.inserted)
    extended = [hold for hold in books.updated if hold.state == ReservationState.HELD]
    if extended:
        yield sql.UPDATE_EXTENDED, parameters(columns.EXTENDED_HOLD, extended)
    if books.attempts:
        yield sql_inserts.INSERT_ATTEMPTS, parameters(columns.ATTEMPT, books.attempts)
    if books.provisional_attempts:
        yield sql_inserts.INSERT_PROVISIONAL, parameters(columns.PROVISIONAL, books.provisional_attempts)
    if books.entries:
        yield sql_inserts.INSERT_ENTRIES, parameters(columns.ENTRY, books.entries)
        moved = moved_calls(books)
        unforeseen = [e for e in books.entries if e.kind in CORRECTIONS or e.reservation_id in moved]
        if unforeseen:
            yield sql.COUNT_AGAIN, parameters(columns.CORRECTED, unforeseen)
    if books.changed_meters:
        yield sql.UPDATE_METERS, parameters(columns.METER, _meters(books, books.changed_meters))
    if books.watched:
        armed = _meters(books, books.watched)
        watches = [Watched(m.id, budget, seen) for m in armed for budget, seen in (m.watches or {}).items()]
        yield sql.ARM_METERS, parameters(columns.ARMED_METER, armed)
        yield sql.KEEP_WATCHES, parameters(columns.WATCH, watches)
    if books.alerts:
        raised = map(Raised, sorted([uuid7() for _ in books.alerts]), books.alerts)
        yield sql_inserts.INSERT_ALERTS, parameters(columns.ALERT, list(raised))


def _meters(books: Books, ids: Set[int]) -> list[Meter]:
    return [books.meters[meter_id] for meter_id in sorted(ids)]


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
