"""The rows that are read become the engine's records."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from metering.amounts import AMOUNTS, COLUMNS, Amounts
from metering.ledger.engine.alert import rearm
from metering.ledger.records import Entry, HoldRow, Meter, Watch
from metering.ledger.unit_of_work import UnitOfWork
from metering.types import Dimension, EntryKind, ReservationState

Row = tuple[Any, ...]
HELD = (
    tuple(name for name in HoldRow.__struct_fields__ if name not in ("bound", "labels", "lease_s")) + COLUMNS
)
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
    """Return the same object for equal values.

    Thousands of meters have the same budget, limit and window: one object stays in the processor's cache, thousands
    would not.
    """
    return value


def hold_from(row: Row) -> HoldRow:
    """Make the record of a row of HELD."""
    facts = dict(zip(HELD, row, strict=True))
    bound = Amounts(**{name: facts.pop(name) for name in COLUMNS})
    return HoldRow(**{**facts, "state": STATES[facts["state"]], "bound": bound})


def meter_from(row: Row) -> Meter:
    """Make the record of a row of METER."""
    facts = {name: shared(value) if name in SHARED else value for name, value in zip(METER, row, strict=True)}
    return Meter(**{**facts, "dimension": DIMENSIONS[facts["dimension"]]})


def read_meters(work: UnitOfWork, locked: Iterable[Row], watched: Iterable[Row]) -> None:
    """Put rows of sql_locked.LOCK_AND_READ_METERS and of sql_locked.READ_WATCHES into the unit of work."""
    work.are_meters_locked = True
    for row in locked:
        work.meters[row[0]] = meter_from(row)
    for meter_id, budget_id, *rest in watched:
        work.meters[meter_id].watches[budget_id] = Watch(*rest)
    for meter in work.meters.values():
        rearm(meter, work)


def entry_from(row: Row) -> Entry:
    """Make the record of a row of ENTRY."""
    facts = dict(zip(ENTRY, row, strict=True))
    amounts = Amounts(**{name: facts.pop(name) for name in AMOUNTS})
    return Entry(**{**facts, "kind": EntryKind(facts["kind"])}, amounts=amounts)
