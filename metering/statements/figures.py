"""What a statement says, as it is stored: whole numbers of nano-USD, names as they were when it was issued."""

from datetime import date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from metering.types import EntryKind


class Sums(Struct, frozen=True, kw_only=True):
    """Calls that were added up. `charged` = `vendor` + `markup` + `discount` + `corrected`."""

    requests: int
    input_tokens: int
    cached_input_tokens: int
    output_tokens: int
    vendor_nano_usd: int
    """At the vendors' prices. Nothing for answers from the cache, and for calls with the tenant's own key."""
    markup_nano_usd: int
    discount_nano_usd: int
    """Zero or below."""
    corrected_nano_usd: int
    """By hand, to calls of the same month, before the statement was issued."""
    charged_nano_usd: int


class Group(Struct, frozen=True, kw_only=True):
    """Calls with something in common; of many, the last is all others."""

    name: str
    sums: Sums


class Entry(Struct, frozen=True, kw_only=True):
    """One entry of the ledger that changed what calls were charged. Below zero: a credit."""

    id: UUID
    reservation_id: UUID
    month: date
    """Of the call."""
    recorded_at: datetime
    kind: EntryKind
    reason: str
    nano_usd: int


class Entries(Struct, frozen=True, kw_only=True):
    """The largest corrections, and the sum of all."""

    shown: tuple[Entry, ...]
    count: int
    nano_usd: int


class TopUp(Struct, frozen=True, kw_only=True):
    """Credit that was paid beforehand. Below zero: what was paid in an earlier month, and taken back at `paid_at`."""

    paid_at: datetime
    reference: str
    """The invoice or payment."""
    reason: str
    nano_usd: int


class TopUps(Struct, frozen=True, kw_only=True):
    """The first top-ups, and the sum of all."""

    shown: tuple[TopUp, ...]
    count: int
    nano_usd: int


NO_TOP_UPS = TopUps(shown=(), count=0, nano_usd=0)


class BudgetLine(Struct, frozen=True, kw_only=True):
    """One limit when the month ended. Amounts are in its unit: nano-USD for cost."""

    whom: str
    task: str
    dimension: str
    window: str
    is_hard: bool
    limit: int
    used: int
    left: int


class Figures(Struct, frozen=True, kw_only=True):
    """All figures of a statement. `total_nano_usd` is what `usage` was charged and what `earlier` adds."""

    version: int = 1
    number: int = 0
    """0 until it is issued."""
    issued_at: datetime
    tenant: str
    tenant_name: str
    customer_id: str
    month: date
    starts_at: datetime
    ends_at: datetime
    timezone: str
    usage: Sums
    by_task: tuple[Group, ...]
    by_model: tuple[Group, ...]
    by_team: tuple[Group, ...]
    by_user: tuple[Group, ...]
    corrections: Entries
    """Of calls of this month: they are part of `usage`."""
    earlier: Entries
    """Of calls of months whose statements had been issued."""
    total_nano_usd: int
    budgets: tuple[BudgetLine, ...]
    top_ups: TopUps = NO_TOP_UPS
    """They raise what may be spent in all, and are no part of `total`."""


def text_of(figures: Figures) -> str:
    """Return the figures as canonical JSON: the same figures are the same text."""
    return msgspec.json.encode(figures, order="deterministic").decode()


def figures_of(text: str) -> Figures:
    return msgspec.json.decode(text, type=Figures)


def digest_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def as_json(figures: Figures) -> Any:
    """Return the figures as the API tells them."""
    return msgspec.to_builtins(figures)
