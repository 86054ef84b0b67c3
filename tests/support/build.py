"""Builds ledger commands for tests: with what the test says, and something plain for the rest."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from msgspec.structs import replace

from metering.amounts import Amounts
from metering.ids import uuid7
from metering.labels import Labels
from metering.ledger.commands import (
    Adjust,
    Attempt,
    Command,
    Extend,
    HoldLine,
    MeterKey,
    Release,
    Reserve,
    Settle,
)
from metering.types import Dimension, Window

ALDER, BIRCH = UUID(int=0xA), UUID(int=0xB)
LABELS = Labels(request_id="request", task="LLM0_CHAT", provider_name="sandbox")
STARTED_AT = datetime(2026, 3, 10, 12, tzinfo=UTC)


def meter_key(
    dimension: Dimension = Dimension.TOKENS, window: Window = Window.TOTAL, **facts: Any
) -> MeterKey:
    """The meter of an agent of Alder's: a new one's, unless `subject_id` names it."""
    if dimension is Dimension.CONCURRENCY:
        window = Window.NONE
    values = {"subject_type": "agent", "tenant_id": ALDER, "subject_id": f"agent {uuid4()}"} | facts
    return MeterKey(dimension=dimension, window=window, **values)  # type: ignore[arg-type]


def line(meter: MeterKey, amount: int = 10, limit: int = 100, **facts: Any) -> HoldLine:
    return HoldLine(meter=meter, amount=amount, limit=limit, **facts)


def reserve(*lines: HoldLine, id_: UUID | None = None, **facts: Any) -> Reserve:
    """A hold of Alder's with a new id, whose bound is what its lines hold."""
    values = {"tenant_id": ALDER, "labels": LABELS, "bound": bound_of(lines)} | facts
    return Reserve(reservation_id=id_ or uuid7(), lines=lines, **values)


def extend(id_: UUID, *lines: HoldLine, sequence: int = 1) -> Extend:
    return Extend(reservation_id=id_, lease_s=60, lines=lines, bound=bound_of(lines), sequence=sequence)


def bound_of(lines: tuple[HoldLine, ...]) -> Amounts:
    """The output tokens and the cost that the lines hold."""
    held = {item.meter.dimension: item.amount for item in lines}
    return Amounts(output_tokens=held.get(Dimension.TOKENS, 0), cost_nano_usd=held.get(Dimension.COST, 0))


def settle(id_: UUID, *output_tokens: int, attempts: tuple[Attempt, ...] = ()) -> Settle:
    """With one attempt for each amount of output tokens, or with these attempts."""
    counted = tuple(attempt(number, output_tokens=amount) for number, amount in enumerate(output_tokens, 1))
    return Settle(reservation_id=id_, attempts=attempts or counted)


def attempt(number: int = 1, provider_name: str = "sandbox", **facts: Any) -> Attempt:
    return Attempt(
        number=number,
        provider_name=provider_name,
        response_model="sandbox-small",
        started_at=STARTED_AT,
        latency_ms=5,
        **facts,
    )


def release(id_: UUID, tenant_id: UUID = ALDER) -> Release:
    return Release(reservation_id=id_, tenant_id=tenant_id)


def adjust(id_: UUID, output_tokens: int, number: int = 1) -> Adjust:
    return Adjust(reservation_id=id_, number=number, reason="by hand", output_tokens=output_tokens)


def elsewhere(command: Command, id_: UUID, subject_id: str) -> Command:
    """The same command for another reservation, with its lines on another subject's meters."""
    moved = replace(command, reservation_id=id_)
    if isinstance(moved, Reserve | Extend):
        lines = tuple(replace(item, meter=replace(item.meter, subject_id=subject_id)) for item in moved.lines)
        return replace(moved, lines=lines)
    return moved
