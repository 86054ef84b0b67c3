"""What the ledger can be told. Values only: frozen, compared by content, sent again as they are.

They are msgspec structs because thousands are made each second (ADR 3). Those that are digested are encoded as arrays,
because names would be most of what is to be read.
Amounts are integers in the ledger's units: cost in nano-USD, everything else counts.
"""

from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct

from metering.amounts import NOTHING, Amounts
from metering.labels import Labels
from metering.types import MAX_AMOUNT, Dimension, EstimateReason, Outcome, Window

NO_BUDGET = UUID(int=0)
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)


class MeterKey(Struct, frozen=True, kw_only=True, array_like=True, cache_hash=True):
    """Which counter: one subject's use of one dimension in one window, whatever limits stand on it.

    The window is picked by the database's clock.
    """

    subject_type: str
    subject_id: str
    """A team, user or token may be empty: then it is the calls that have none."""
    tenant_id: UUID | None
    """None where tenants share the meter (global and provider budgets)."""
    dimension: Dimension
    window: Window
    task: str = ""
    """Only calls of this task count; empty: of every task."""
    model_class: str = ""
    """Only calls to models of this class count; empty: to all."""
    timezone: str = "UTC"
    week_start: int = 0


class Raise(Struct, frozen=True, kw_only=True, array_like=True):
    """So much more than its limit a line allows in some windows."""

    amount: int
    until: datetime | None = None
    """In the windows that have ended by then. None: in every window."""


class HoldLine(Struct, frozen=True, kw_only=True, array_like=True):
    """An amount to hold on one meter, with one limit in force for this call.

    Several limits may stand on one meter: then several lines name it, with the same amount, which is held once.
    """

    meter: MeterKey
    amount: int
    limit: int
    budget_id: UUID = NO_BUDGET
    """Whose limit it is, a budget's or a rule's: alerts are told for each."""
    enforced: bool = True
    """False (soft budget, observe, warn): admitted past the limit, and counted as `unenforced`."""
    release_on_expiry: bool = False
    """True: if the owner vanishes, this budget is charged nothing until the truth is known."""
    thresholds: str = ""
    """Percentages of the limit that are to be told, ascending, such as `80,95,100`."""
    counts_since: datetime = ALWAYS
    """Since when every call that counts on this meter has had a line on it. Calls from before are looked up in the
    usage log when the meter is opened."""
    raises: tuple[Raise, ...] = ()
    """What is added to the limit. The window decides whether it is, and only the database's clock picks the window."""

    def limit_in(self, window_end: datetime | None) -> int:
        """Return the limit in the window that ends then (None: never)."""
        return raised(self.limit, self.raises, window_end)


def raised(limit: int, raises: tuple[Raise, ...], window_end: datetime | None) -> int:
    """Return a limit with what is added to it in the window that ends then (None: never)."""
    added = [
        each.amount
        for each in raises
        if each.until is None or (window_end is not None and window_end <= each.until)
    ]
    return min(MAX_AMOUNT, limit + sum(added))


class Attempt(Amounts, frozen=True, kw_only=True, array_like=True):
    """One vendor attempt or API call as it really was. `number` counts from 1 within the reservation.

    `requests` stays 0: a request is what all attempts of a call are together.

    `cached_input_tokens` and `cache_write_tokens` are part of `input_tokens`, `reasoning_tokens` of `output_tokens`.
    """

    number: int
    provider_name: str
    response_model: str
    started_at: datetime
    latency_ms: int
    outcome: Outcome = Outcome.OK
    estimated: bool = False
    cached_input_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    partly_priced: bool = False
    """A field or a tier of the call costs what our price does not know: the charge is a part of the vendor's."""
    service_tier: str = ""
    """The tier that the vendor says it served."""
    estimate_reason: EstimateReason = EstimateReason.NONE
    """Why the figures are not simply the vendor's; whatever has a reason is `estimated`."""
    reported: str = ""
    """The usage as the vendor reported it, as JSON, where it was not believed as it is."""
    cache_write_1h_tokens: int = 0
    """Part of `cache_write_tokens`, as those below are."""
    cache_write_12h_tokens: int = 0
    list_cost_nano_usd: int | None = None
    """The cost before a markup; None: there was none. Of a cached attempt what its answer had cost, before markups."""
    vendor_cost_nano_usd: int | None = None
    """What the vendor itself said that it cost."""
    fee_units: str = ""
    """What was served that has fees, as JSON: pictures, and calls of the vendor's tools."""
    request_model: str = ""
    """The model, where it is not the one that the reservation was made for."""
    own_key: bool = False
    """It went out with the tenant's own key: the vendor bills the tenant, so that it costs nothing here."""


class Reserve(Struct, frozen=True, kw_only=True, array_like=True):
    """Hold an amount on every line's meter, all or nothing, for `lease_s` seconds."""

    reservation_id: UUID
    """A new UUIDv7 from the caller, so that an unanswered command can be sent again."""
    tenant_id: UUID
    lines: tuple[HoldLine, ...]
    labels: Labels
    bound: Amounts = NOTHING
    """The most that the call can use; written as a provisional attempt if its owner vanishes."""
    lease_s: int = 60
    idempotency_key: str | None = None
    idempotency_digest: int | None = None
    """64-bit digest (signed) of the caller's request body: the same key with another body is refused."""


class ReserveLate(Reserve, frozen=True, kw_only=True, array_like=True):
    """Hold what a call has spent, or may have, that was let in while the ledger was away (metering/spool).

    It is granted whatever the limits say; what goes past an enforced one is counted as `uncovered`. As a body it equals
    the Reserve of the same fields.
    """


class Extend(Struct, frozen=True, kw_only=True):
    """Renew the lease and, with `lines`, enlarge the hold.

    `sequence` counts the enlargements of this reservation from 1, so that a repeated one is known.
    """

    reservation_id: UUID
    lease_s: int
    lines: tuple[HoldLine, ...] = ()
    bound: Amounts = NOTHING
    """What the enlargement adds to the reservation's bound."""
    sequence: int = 0


class Settle(Struct, frozen=True, kw_only=True, array_like=True):
    """End a reservation with what was really used. On an expired one it replaces the provisional charge, once."""

    reservation_id: UUID
    attempts: tuple[Attempt, ...]


class Release(Struct, frozen=True, kw_only=True):
    """End a reservation that spent nothing. On an unknown id it leaves a tombstone: reserving that id is refused."""

    reservation_id: UUID
    tenant_id: UUID
    reason: str = ""


class Expire(Struct, frozen=True, kw_only=True):
    """End a reservation whose lease has run out, charging its hold provisionally. The sweeper's command."""

    reservation_id: UUID


class Adjust(Amounts, frozen=True, kw_only=True):
    """A correction of an ended reservation by signed amounts.

    `number` (1 to 99) tells corrections of one reservation apart.
    """

    reservation_id: UUID
    number: int
    reason: str


Command = Reserve | ReserveLate | Extend | Settle | Release | Expire | Adjust
