"""Commands on fresh ids, and the few things a test does to the rows behind the ledger's back."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import psycopg
from msgspec.structs import replace

from metering.amounts import Amounts
from metering.ids import uuid7
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
from metering.ledger.writer import LedgerWriter
from metering.types import Dimension, Window
from tests.unit.metering.ledger.kit import ALDER, BIRCH, LABELS, attempt

__all__ = ["ALDER", "BIRCH", "LABELS", "attempt"]

GONE = (
    "UPDATE metering_usagereservation SET lease_expires_at = now() - interval '1 second' WHERE id = ANY(%s)"
)


def key(dimension: Dimension = Dimension.TOKENS, window: Window = Window.TOTAL, **facts: Any) -> MeterKey:
    """The meter of a new agent of Alder's."""
    values = {"subject_type": "agent", "tenant_id": ALDER, "subject_id": f"agent {uuid4()}"} | facts
    return MeterKey(dimension=dimension, window=window, **values)  # type: ignore[arg-type]


def line(meter: MeterKey, amount: int = 10, limit: int = 100, **facts: Any) -> HoldLine:
    return HoldLine(meter=meter, amount=amount, limit=limit, **facts)


def reserve(*lines: HoldLine, id_: UUID | None = None, **facts: Any) -> Reserve:
    """A hold of Alder's, whose bound in output tokens is the first line's amount."""
    facts.setdefault("tenant_id", ALDER)
    facts.setdefault("bound", Amounts(output_tokens=lines[0].amount if lines else 0))
    facts.setdefault("labels", LABELS)
    return Reserve(reservation_id=id_ or uuid7(), lines=lines, **facts)


def settle(id_: UUID, *amounts: int, attempts: tuple[Attempt, ...] = ()) -> Settle:
    """With one attempt for each amount of output tokens."""
    counted = tuple(attempt(number, output_tokens=amount) for number, amount in enumerate(amounts, 1))
    return Settle(reservation_id=id_, attempts=attempts or counted)


def release(id_: UUID, tenant_id: UUID = ALDER) -> Release:
    return Release(reservation_id=id_, tenant_id=tenant_id)


def adjust(id_: UUID, output_tokens: int, number: int = 1) -> Adjust:
    return Adjust(reservation_id=id_, number=number, reason="by hand", output_tokens=output_tokens)


def extend(id_: UUID, *lines: HoldLine, sequence: int = 1) -> Extend:
    bound = Amounts(output_tokens=lines[0].amount if lines else 0)
    return Extend(reservation_id=id_, lease_s=60, lines=lines, bound=bound, sequence=sequence)


def elsewhere(command: Command, id_: UUID, subject_id: str) -> Command:
    """The same command for another reservation, with its lines on another subject's meters."""
    moved = replace(command, reservation_id=id_)
    if isinstance(moved, Reserve | Extend):
        lines = tuple(replace(item, meter=replace(item.meter, subject_id=subject_id)) for item in moved.lines)
        return replace(moved, lines=lines)
    return moved


async def held(ledger: LedgerWriter, *lines: HoldLine, count: int = 1) -> list[UUID]:
    """So many reservations, made at once."""
    commands = [reserve(*lines) for _ in range(count)]
    await asyncio.gather(*[ledger.submit(command) for command in commands])
    return [command.reservation_id for command in commands]


async def expired(ledger: LedgerWriter, database: psycopg.Connection, *lines: HoldLine) -> UUID:
    """A reservation whose owner vanished, and that was swept."""
    command = reserve(*lines)
    await ledger.submit(command)
    run_out(database, command.reservation_id)
    await ledger.submit(Expire(reservation_id=command.reservation_id))
    return command.reservation_id


def run_out(database: psycopg.Connection, *ids: UUID) -> None:
    """Let these leases have ended a second ago."""
    database.execute(GONE, (list(ids),))


def meter_row(database: psycopg.Connection, meter: MeterKey) -> dict[str, Any]:
    """The counters of a subject's only meter."""
    with database.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        cursor.execute(
            "SELECT used, held, overrun, unenforced, highest_limit FROM metering_usagemeter WHERE subject_id = %s",
            (meter.subject_id,),
        )
        [row] = cursor.fetchall()
    return row


def count(database: psycopg.Connection, table: str, condition: str = "true", *values: object) -> int:
    row = database.execute(f"SELECT count(*) FROM {table} WHERE {condition}", values).fetchone()  # type: ignore[arg-type]
    return int(row[0]) if row else 0
