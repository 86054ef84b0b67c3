"""Rows as the engine's records."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from metering.amounts import AMOUNTS, COLUMNS, Amounts
from metering.ledger.books import Books
from metering.ledger.engine.alert import rearm
from metering.ledger.records import Entry, Hold, Meter, Watch
from metering.types import Dimension, EntryKind, ReservationState

Row = tuple[Any, ...]
HELD = tuple(name for name in Hold.__struct_fields__ if name not in ("bound", "labels", "lease_s")) + COLUMNS
METER = tuple(name for name in Meter.__struct_fields__ if name != "watches")
ENTRY = tuple(name for name in Entry.__struct_fields__ if name != "amounts") + AMOUNTS
"""What is read of a reservation, a meter and an entry: the columns that their records are named after."""
SHARED = frozenset(
    ("subject_type", "task", "model_class", "window", "window_end", "highest_limit", "alert_at")
)
STATES = {int(state): state for state in ReservationState}
DIMENSIONS = {dimension.value: dimension for dimension in Dimension}


@lru_cache(maxsize=8192, typed=True)
def shared(value: Any) -> Any:
    """The same object for equal values. Thousands of meters have the same budget, limit and window: one object stays in
    the processor's cache, thousands would not."""
    return value


def hold_from(row: Row) -> Hold:
    """A row of HELD."""
    facts = dict(zip(HELD, row, strict=True))
    bound = Amounts(**{name: facts.pop(name) for name in COLUMNS})
    return Hold(**{**facts, "state": STATES[facts["state"]], "bound": bound})


def meter_from(row: Row) -> Meter:
    """A row of METER."""
    facts = {name: shared(value) if name in SHARED else value for name, value in zip(METER, row, strict=True)}
    return Meter(**{**facts, "dimension": DIMENSIONS[facts["dimension"]]}, watches={})


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
    """A row of ENTRY."""
    facts = dict(zip(ENTRY, row, strict=True))
    amounts = Amounts(**{name: facts.pop(name) for name in AMOUNTS})
    return Entry(**{**facts, "kind": EntryKind(facts["kind"])}, amounts=amounts)
