"""Hold the worst case of a call on every meter that applies to it, or return which have no room."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from msgspec import Struct

from metering.amounts import ONE_REQUEST, Amounts
from metering.background import BackgroundTasks
from metering.errors import LedgerOverloaded, MeteringUnavailable
from metering.ids import uuid7
from metering.labels import Labels
from metering.ledger.commands import HoldLine, Reserve
from metering.ledger.port import Ledger
from metering.ledger.results import Denied, Granted, LineBalance, Refused
from metering.policy.values import MeterLimit, MeterLimits
from metering.reservation.no_room import NoRoom
from metering.reservation.refused import refusal_error
from metering.reservation.release import release
from metering.types import Dimension

PRICED = frozenset({Dimension.COST, Dimension.INPUT_TOKENS, Dimension.OUTPUT_TOKENS, Dimension.TOKENS})


class Hold(Struct, frozen=True, kw_only=True):
    """What the ledger granted to one call."""

    reservation_id: UUID
    tenant_id: UUID
    limits: MeterLimits
    """Every line that applies to the call, also those of dimensions that it does not use yet."""
    labels: Labels
    bound: Amounts
    lease_s: int
    held: tuple[MeterLimit, ...] = ()
    """The lines that were held, along `balances`."""
    balances: tuple[LineBalance, ...] = ()


def used_limits(limits: Iterable[MeterLimit], amounts: Amounts) -> list[MeterLimit]:
    """The lines whose dimension the call uses: a chat call takes no file budget along."""
    return [limit for limit in limits if amounts.of(limit.meter.dimension)]


def hold_lines(limits: Iterable[MeterLimit], amounts: Amounts) -> tuple[HoldLine, ...]:
    """Make the command's line of each of these limits, for what the call needs of its dimension."""
    return tuple(
        [
            HoldLine(
                meter=limit.meter,
                amount=amounts.of(limit.meter.dimension),
                limit=limit.limit,
                enforced=limit.enforced,
                release_on_expiry=limit.release_on_expiry,
                thresholds=limit.thresholds,
                budget_id=limit.budget_id,
                counts_since=limit.counts_since,
                raises=limit.raises,
            )
            for limit in limits
        ]
    )


def has_hard_budget(limits: MeterLimits) -> bool:
    """Whether an enforced line counts what a vendor charges for, so that the call must have a bound."""
    return any(limit.enforced and limit.meter.dimension in PRICED for limit in limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyKey:
    """The caller's key, and the 64-bit digest of the request that it came with."""

    key: str
    digest: int


async def reserve(
    *,
    ledger: Ledger,
    background: BackgroundTasks,
    tenant_id: UUID,
    labels: Labels,
    bound: Amounts,
    limits: MeterLimits,
    lease_s: int,
    idempotency: IdempotencyKey | None = None,
    reservation_id: UUID | None = None,
) -> Hold | NoRoom:
    """The committed hold, or what was short. `reservation_id` is a UUIDv7 of its own; None: a new one.

    Raises IdempotencyKeyTaken, IdempotencyMismatch,
    MeteringUnavailable and LedgerOverloaded. Whenever the answer is not known, because the ledger is
    away or the caller has gone, the reservation is cancelled for good in the background.
    """
    amounts = bound + ONE_REQUEST
    held = used_limits(limits, amounts)
    command = Reserve(
        reservation_id=reservation_id or uuid7(),
        tenant_id=tenant_id,
        lines=hold_lines(held, amounts),
        labels=labels,
        bound=bound,
        lease_s=lease_s,
        idempotency_key=idempotency.key if idempotency else None,
        idempotency_digest=idempotency.digest if idempotency else None,
    )
    try:
        result = await ledger.submit(command)
    except LedgerOverloaded:
        raise  # it was never queued
    except (MeteringUnavailable, asyncio.CancelledError):
        _cancel(command, ledger, background)
        raise
    match result:
        case Granted():
            return Hold(
                reservation_id=command.reservation_id,
                tenant_id=tenant_id,
                limits=limits,
                labels=labels,
                bound=bound,
                lease_s=lease_s,
                held=tuple(held),
                balances=result.balances,
            )
        case Denied():
            return NoRoom(tuple(held), result.denials)
        case Refused():
            raise refusal_error(result)
    raise AssertionError(f"a reserve is never answered by {type(result).__name__}")


def _cancel(command: Reserve, ledger: Ledger, background: BackgroundTasks) -> None:
    """Cancel a reserve for good, whether or not it was carried out."""
    background.spawn(
        release(
            ledger=ledger,
            reservation_id=command.reservation_id,
            tenant_id=command.tenant_id,
            reason="the hold was never confirmed",
            deadline_s=command.lease_s,
        ),
        name="reservation.cancel",
    )
