"""Rows of the ledger as one batch works on them: plain mutable records, and the rows that it will add."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from metering.amounts import Amounts
from metering.labels import Labels
from metering.ledger.commands import Attempt
from metering.types import Dimension, EntryKind, Outcome, ReservationState

LARGEST_SUM = 2**63 - 1
"""What bigint can count."""
RELEASE_ON_EXPIRY = 1
"""Bit of a line's flags: charge nothing when the hold expires."""
UNCOVERED = 2
"""Bit of a line's flags: what goes past a limit is the meter's `uncovered`, not its `unenforced`."""
NEVER = LARGEST_SUM
"""An `alert_at` that is never reached."""


class Meter(Struct):
    """A row of UsageMeter. Whether it is locked, or remembered, its unit of work says."""

    id: int
    subject_type: str
    subject_id: str
    task: str
    model_class: str
    dimension: Dimension
    window: str
    window_end: datetime | None
    used: int
    held: int
    overrun: int
    unenforced: int
    highest_limit: int
    uncovered: int = 0
    alert_at: int = NEVER
    """From this much on (`used`, of calls at once `held`) an alert of some limit is due."""
    watching: int = 0
    """Fingerprint of the limits and thresholds of the last reserve, by which alerts are measured."""
    rearms_at: datetime | None = None
    """When the first cool-down of its watches ends."""
    watches: dict[str, "Watch"] = {}
    """By budget. They are read when the row is locked, and forgotten with the unit of work."""


class Watch(Struct):
    """A row of LimitWatch: what is told of one limit on a locked meter."""

    limit: int = 0
    """Of the last reserve."""
    thresholds: str = ""
    """Percentages of it that are to be told, such as `80,95,100`."""
    alerted: str = ""
    """Those that were."""
    rearms_at: datetime | None = None
    """When the cool-down after an alert, or after a raise, ends."""
    episodes: int = 0
    """How many alerts of calls at once, or how many raises, there were."""


NO_WATCHES: dict[str, Watch] = {}
"""Of every meter that is only remembered. Nothing is ever put into it."""


class Alert(Struct, frozen=True):
    """A row of QuotaAlert to be written; the rest of it is copied from the meter's row."""

    meter_id: int
    budget_id: str
    threshold: int
    episode: int
    used: int
    held: int
    requested: int | None
    limit: int


class HoldRow(Struct):
    """A row of UsageReservation, locked or about to be inserted. The four lists run in parallel."""

    id: UUID
    tenant_id: UUID
    state: ReservationState
    version: int
    provisional: bool
    lease_expires_at: datetime | None
    """None for a hold that this batch inserts: the lease runs from the batch's own time."""
    body_digest: int
    end_digest: int | None
    meter_ids: list[int]
    amounts: list[int]
    unenforced: list[int]
    flags: list[int]
    bound: Amounts
    provider_name: str
    labels: Labels | None = None
    """Known only for a hold that this batch inserts."""
    lease_s: int | None = None
    """Set when this batch starts or renews the lease."""
    idempotency_key: str | None = None
    idempotency_digest: int | None = None


class Entry(Struct, frozen=True):
    """A row of LedgerEntry to be written."""

    id: UUID
    reservation_id: UUID
    tenant_id: UUID
    kind: EntryKind
    meter_ids: list[int]
    charges: list[int]
    amounts: Amounts
    """Sums over the attempts, or those of a correction."""
    reason: str | None = None


class AttemptRow(Struct, frozen=True):
    """A row of UsageLog to be written; the rest of it is copied from the reservation's row."""

    id: UUID
    reservation_id: UUID
    attempt: Attempt


class ProvisionalAttempt(Struct, frozen=True):
    """The first attempt of a reservation whose truth is not known: its bound is written, or its nothing."""

    id: UUID
    reservation_id: UUID
    outcome: Outcome
    charged: bool


class Posting(NamedTuple):
    """Signed changes of one meter."""

    meter_id: int
    used: int
    held: int
    overrun: int
    unenforced: int
    uncovered: int
