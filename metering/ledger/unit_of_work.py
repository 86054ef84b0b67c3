"""What one batch knows and changes.

1. A batch fills a unit of work with rows, from the database or from the process cache.
2. The engine carries out the commands on it and notes what it changed.
3. The batch writes what is noted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from metering.ledger.commands import MeterKey
from metering.ledger.records import Alert, AttemptRow, Entry, HoldRow, Meter, Posting, ProvisionalAttempt
from metering.ledger.results import LineDenial


class MetersNeeded(Exception):
    """An answer depends on counters that are not locked yet. Nothing was changed."""


@dataclass(slots=True)
class UnitOfWork:
    """The rows that a batch works on, and what it changed."""

    now: datetime
    """The database's clock after the reservations were locked: it picks the windows and decides expiry."""
    holds: dict[UUID, HoldRow] = field(default_factory=dict)
    meters: dict[int, Meter] = field(default_factory=dict)
    """In a locked batch the locked rows, and none before. In an optimistic one what the process remembers of them."""
    are_meters_locked: bool = False
    """False: the counters of `meters` are a guess, which the database checks."""
    kinds: Mapping[int, Meter] = field(default_factory=dict)
    """What a locked batch knows of meters before it has locked them: all but their counters."""
    unposted: list[Posting] = field(default_factory=list)
    """What ends that were decided early will change on the meters, in order of arrival."""
    open_meters: dict[MeterKey, int] = field(default_factory=dict)
    """The meter of the current window for each key that a command of the batch names."""
    keys: dict[tuple[UUID, str], HoldRow] = field(default_factory=dict)
    """Holds by tenant and idempotency key, as far as the batch asks for them."""
    past_entries: dict[UUID, list[Entry]] = field(default_factory=dict)
    """All entries of the reservations that the batch adjusts."""
    sealed: frozenset[UUID] = frozenset()
    """Reservations of the batch that lie in a sealed month."""
    inserted: list[HoldRow] = field(default_factory=list)
    updated: list[HoldRow] = field(default_factory=list)
    changed_meters: set[int] = field(default_factory=set)
    entries: list[Entry] = field(default_factory=list)
    attempts: list[AttemptRow] = field(default_factory=list)
    moved: dict[UUID, AttemptRow | None] = field(default_factory=dict)
    """Calls with attempts at other vendors than they were meant for, each with its last LLM call that is use; None:
    none is. A meter of such a vendor that was opened while they were under way does not have them."""
    provisional_attempts: list[ProvisionalAttempt] = field(default_factory=list)
    denied: dict[tuple[int, str], LineDenial] = field(default_factory=dict)
    """Meters and budgets that may have to tell of a denial, with one of those."""
    watched: set[int] = field(default_factory=set)
    """Meters whose alerts are armed otherwise than before."""
    alerts: list[Alert] = field(default_factory=list)

    def kind_of(self, meter_id: int) -> Meter:
        """Return a meter for what never changes of it. Raises MetersNeeded."""
        kind = self.meters.get(meter_id) or self.kinds.get(meter_id)
        if kind is None:
            raise MetersNeeded
        return kind

    def counters_of(self, meter_id: int) -> Meter:
        """Return a meter for its counters. Raises MetersNeeded while they are not there yet."""
        meter = self.meters.get(meter_id)
        if meter is None:
            raise MetersNeeded
        return meter

    def post(
        self, meter_id: int, used: int, held: int, overrun: int, unenforced: int = 0, uncovered: int = 0
    ) -> None:
        """Change a meter, now or when it is locked."""
        meter = self.meters.get(meter_id)
        if meter is None:
            self.unposted.append(Posting(meter_id, used, held, overrun, unenforced, uncovered))
            return
        meter.used += used
        meter.held += held
        meter.overrun += overrun
        meter.unenforced += unenforced
        meter.uncovered += uncovered
        self.changed_meters.add(meter_id)

    def forget_written(self) -> None:
        """Forget the rows written so far, so that they are not written again."""
        self.inserted, self.updated, self.entries = [], [], []
        self.attempts, self.provisional_attempts = [], []
