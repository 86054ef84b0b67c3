"""Makes reservations in the ledger, and does to its rows the few things that tests do behind its back."""

import asyncio
from typing import Any
from uuid import UUID

import psycopg

from metering.ledger.commands import Expire, HoldLine, MeterKey
from metering.ledger.writer import LedgerWriter
from tests.support.build import reserve

GONE = (
    "UPDATE metering_usagereservation SET lease_expires_at = now() - interval '1 second' WHERE id = ANY(%s)"
)


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
