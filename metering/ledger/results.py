"""What the ledger answers. A denial or a refusal is an answer, not an exception."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from metering.types import ReservationState


class LineBalance(Struct, frozen=True, kw_only=True):
    """A meter after the command, in the order of the command's lines."""

    meter_id: int
    used: int
    held: int
    limit: int
    """The limit of the command's line; the highest one ever in force where the command carries none."""
    resets_at: datetime | None


class Granted(Struct, frozen=True, kw_only=True):
    """The hold (or its extension) is committed."""

    reservation_id: UUID
    balances: tuple[LineBalance, ...] = ()
    replayed: bool = False
    """True: the same command was carried out before, nothing was done now. Balances are then empty."""


class LineDenial(Struct, frozen=True, kw_only=True):
    """Why one line has no room."""

    line: int
    """Its place in the command's lines."""
    used: int
    held: int
    requested: int
    limit: int
    resets_at: datetime | None


class Denied(Struct, frozen=True, kw_only=True):
    """At least one enforced line has no room; nothing was held anywhere."""

    reservation_id: UUID
    denials: tuple[LineDenial, ...]


class Ended(Struct, frozen=True, kw_only=True):
    """Settled, released, expired, trued up or adjusted. `charges` run along the reservation's meters."""

    reservation_id: UUID
    state: ReservationState
    meter_ids: tuple[int, ...] = ()
    charges: tuple[int, ...] = ()
    replayed: bool = False


class Reason(StrEnum):
    """Why the state table refuses a command (docs/ledger.md)."""

    NOT_FOUND = "not_found"
    CANCELLED = "cancelled"
    OTHER_BODY = "other_body"
    ALREADY_SETTLED = "already_settled"
    ALREADY_RELEASED = "already_released"
    ALREADY_EXPIRED = "already_expired"
    LEASE_EXPIRED = "lease_expired"
    LEASE_RUNNING = "lease_running"
    STILL_HELD = "still_held"
    NOT_RESOLVED = "not_resolved"
    OUT_OF_SEQUENCE = "out_of_sequence"
    BELOW_ZERO = "below_zero"
    OUT_OF_RANGE = "out_of_range"
    WRONG_TENANT = "wrong_tenant"
    BAD_ID = "bad_id"
    PERIOD_SEALED = "period_sealed"
    KEY_IN_PROGRESS = "key_in_progress"
    KEY_ENDED = "key_ended"
    KEY_OTHER_BODY = "key_other_body"


class Refused(Struct, frozen=True, kw_only=True):
    """The state table does not allow the command; nothing was changed."""

    reservation_id: UUID
    reason: Reason
    state: ReservationState | None
    """The reservation's state; None where it is absent."""
    other_id: UUID | None = None
    """The reservation that holds the idempotency key, for the reasons KEY_*."""


Result = Granted | Denied | Ended | Refused
