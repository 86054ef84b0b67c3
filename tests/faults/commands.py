"""Short ways to write ledger commands, and their way into another process and back."""

from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

import msgspec

from metering.amounts import Amounts
from metering.ids import uuid7
from metering.labels import Labels
from metering.ledger.commands import (
    Adjust,
    Attempt,
    Command,
    Expire,
    Extend,
    HoldLine,
    MeterKey,
    Release,
    Reserve,
    Settle,
)
from metering.types import Dimension, Window

ALDER = uuid5(NAMESPACE_OID, "tenant alder")
STARTED_AT = datetime(2026, 1, 1, tzinfo=UTC)
KINDS: dict[str, type] = {kind.__name__: kind for kind in (Reserve, Extend, Settle, Release, Expire, Adjust)}


def meter(name: str, dimension: Dimension, window: Window = Window.TOTAL) -> MeterKey:
    """The meter of an agent of this name."""
    if dimension is Dimension.CONCURRENCY:
        window = Window.NONE
    return MeterKey(
        subject_type="agent",
        subject_id=name,
        tenant_id=ALDER,
        dimension=dimension,
        window=window,
    )


def line(key: MeterKey, amount: int, limit: int, *, enforced: bool = True) -> HoldLine:
    return HoldLine(meter=key, amount=amount, limit=limit, enforced=enforced)


def reserve(*lines: HoldLine, lease_s: int = 60, reservation_id: UUID | None = None) -> Reserve:
    """A hold on these lines, whose bound is what they hold."""
    held = {item.meter.dimension: item.amount for item in lines}
    return Reserve(
        reservation_id=reservation_id or uuid7(),
        tenant_id=ALDER,
        lines=lines,
        labels=Labels(request_id="faults", task="LLM0_CHAT", provider_name="sandbox"),
        bound=Amounts(output_tokens=held.get(Dimension.TOKENS, 0), cost_nano_usd=held.get(Dimension.COST, 0)),
        lease_s=lease_s,
    )


def settle(reservation_id: UUID, *, tokens: int = 0, cost_nano_usd: int = 0) -> Settle:
    """What one attempt really used."""
    only = Attempt(
        number=1,
        provider_name="sandbox",
        response_model="sandbox-1",
        started_at=STARTED_AT,
        latency_ms=1,
        output_tokens=tokens,
        cost_nano_usd=cost_nano_usd,
    )
    return Settle(reservation_id=reservation_id, attempts=(only,))


def release(reservation_id: UUID) -> Release:
    return Release(reservation_id=reservation_id, tenant_id=ALDER)


def packed(command: Command) -> list[Any]:
    """A command as JSON can carry it."""
    return [type(command).__name__, msgspec.to_builtins(command)]


def unpacked(kind: str, body: Any) -> Command:
    command: Command = msgspec.convert(body, KINDS[kind])
    return command
