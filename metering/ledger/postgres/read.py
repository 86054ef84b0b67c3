"""Rows as the engine's records."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from metering.ledger.books import Books
from metering.ledger.commands import Bound
from metering.ledger.engine.alert import rearm
from metering.ledger.records import Entry, Hold, Meter, Totals, Watch
from metering.types import Dimension, EntryKind, ReservationState

Row = tuple[Any, ...]
STATES = {int(state): state for state in ReservationState}
DIMENSIONS = {dimension.value: dimension for dimension in Dimension}


@lru_cache(maxsize=8192, typed=True)
def shared(value: Any) -> Any:
    """The same object for equal values. Thousands of meters have the same budget, limit and window: one object stays in
    the processor's cache, thousands would not."""
    return value


def hold_from(row: Row) -> Hold:
    """A row of sql.HOLD_COLUMNS."""
    return Hold(
        id=row[0],
        tenant_id=row[1],
        state=STATES[row[2]],
        version=row[3],
        provisional=row[4],
        lease_expires_at=row[5],
        body_digest=row[6],
        end_digest=row[7],
        meter_ids=row[8],
        amounts=row[9],
        unenforced=row[10],
        flags=row[11],
        bound=Bound(
            input_tokens=row[12],
            output_tokens=row[13],
            cost_nano_usd=row[14],
            api_calls=row[15],
            files=row[16],
            steps=row[17],
        ),
        provider_name=row[18],
        idempotency_key=row[19],
        idempotency_digest=row[20],
    )


def meter_from(row: Row) -> Meter:
    """A row of sql.LOCK_METERS."""
    subject_type, subject_id, task, model_class, dimension, window, window_end = row[1:8]
    used, held, overrun, unenforced, highest_limit, alert_at, watching, rearms_at = row[8:]
    return Meter(
        row[0],
        shared(subject_type),
        subject_id,
        shared(task),
        shared(model_class),
        DIMENSIONS[dimension],
        shared(window),
        shared(window_end),
        used,
        held,
        overrun,
        unenforced,
        shared(highest_limit),
        shared(alert_at),
        watching,
        rearms_at,
        {},
    )


def read_meters(books: Books, locked: Iterable[Row], watched: Iterable[Row]) -> None:
    """Put rows of sql.LOCK_METERS and of sql.WATCHES into the books."""
    for row in locked:
        books.meters[row[0]] = meter_from(row)
    for meter_id, budget_id, *rest in watched:
        if (watches := books.meters[meter_id].watches) is not None:
            watches[budget_id] = Watch(*rest)
    for meter in books.meters.values():
        rearm(meter, books)


def entry_from(row: Row) -> Entry:
    """A row of sql.ENTRIES_BY_ID."""
    return Entry(row[0], row[1], row[2], EntryKind(row[3]), row[4], row[5], Totals(*row[6:13]), row[13])
