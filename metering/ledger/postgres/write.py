"""Turn what the engine changed into statements."""

from collections.abc import Iterator, Set
from typing import NamedTuple
from uuid import UUID

from metering.ids import uuid7
from metering.ledger.postgres import columns, sql_inserts, sql_locked
from metering.ledger.postgres.table import array
from metering.ledger.postgres.wire import Statement
from metering.ledger.records import Alert, HoldRow, Meter, Watch
from metering.ledger.unit_of_work import UnitOfWork
from metering.types import EntryKind, ReservationState

CORRECTIONS = (EntryKind.TRUE_UP, EntryKind.ADJUST)


class Raised(NamedTuple):
    """An alert with the id of its row."""

    id: UUID
    alert: Alert


class WatchRow(NamedTuple):
    """What is told of one budget on one meter."""

    meter_id: int
    budget_id: str
    watch: Watch


def statements_for(work: UnitOfWork) -> Iterator[Statement]:
    """Yield the writes of a batch. Ends come first, because they may free the key that a new hold takes."""
    ended = [hold for hold in work.updated if hold.state != ReservationState.HELD]
    if ended:
        yield sql_locked.UPDATE_ENDS, columns.ENDED_HOLD.parameters(ended)
        freed = [hold.id for hold in ended if hold.idempotency_digest is not None and _lost_its_key(hold)]
        if freed:
            yield sql_locked.FREE_KEYS, (array(freed),)
    if work.inserted:
        yield sql_inserts.INSERT_HOLDS, columns.NEW_HOLD.parameters(work.inserted)
    extended = [hold for hold in work.updated if hold.state == ReservationState.HELD]
    if extended:
        yield sql_locked.UPDATE_EXTENDED, columns.EXTENDED_HOLD.parameters(extended)
    if work.attempts:
        yield sql_inserts.INSERT_ATTEMPTS, columns.ATTEMPT.parameters(work.attempts)
    if work.provisional_attempts:
        yield sql_inserts.INSERT_PROVISIONAL, columns.PROVISIONAL.parameters(work.provisional_attempts)
    if work.entries:
        yield sql_inserts.INSERT_ENTRIES, columns.ENTRY.parameters(work.entries)
        late = [e for e in work.entries if e.kind in CORRECTIONS or e.reservation_id in work.moved]
        if late:
            yield sql_locked.COUNT_AGAIN, columns.CORRECTED.parameters(late)
        served = sorted((row for row in work.moved.values() if row is not None), key=lambda row: row.id)
        if served:
            yield sql_locked.UPDATE_MOVED, columns.MOVED_HOLD.parameters(served)
    if work.changed_meters:
        yield sql_locked.UPDATE_METERS, columns.METER.parameters(_meters(work, work.changed_meters))
    if work.watched:
        armed = _meters(work, work.watched)
        watches = [WatchRow(m.id, budget, seen) for m in armed for budget, seen in m.watches.items()]
        yield sql_locked.ARM_METERS, columns.ARMED_METER.parameters(armed)
        yield sql_locked.KEEP_WATCHES, columns.WATCH.parameters(watches)
    if work.alerts:
        raised = map(Raised, sorted([uuid7() for _ in work.alerts]), work.alerts)
        yield sql_inserts.INSERT_ALERTS, columns.ALERT.parameters(list(raised))


def _meters(work: UnitOfWork, ids: Set[int]) -> list[Meter]:
    return [work.meters[meter_id] for meter_id in sorted(ids)]


def _lost_its_key(hold: HoldRow) -> bool:
    """Return whether it was settled without having spent anything. A release frees its key by itself."""
    return hold.state == ReservationState.SETTLED and hold.idempotency_key is None
