"""Reservations of a month that has long passed."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from uuid import UUID

import psycopg

from metering.ids import uuid7
from metering.ledger.commands import HoldLine
from metering.ledger.partitions import (
    PARTITIONED_TABLES,
    create_statements,
    month_of,
    month_plus,
    month_start,
    partition_name,
)
from metering.ledger.writer import LedgerWriter
from tests.support import build

NOW = datetime.now(UTC)
OLD = month_plus(month_of(NOW), -5)
STATE = "SELECT state FROM metering_ledgerperiod WHERE month = %s"


@contextmanager
def partitions_of(database: psycopg.Connection, month: date) -> Iterator[None]:
    """The month's partitions, gone in the end."""
    for statement in create_statements(month):
        database.execute(statement.encode())
    yield
    for table in PARTITIONED_TABLES:
        database.execute(f"DROP TABLE IF EXISTS {partition_name(table, month)}".encode())


async def held_since(
    month: date, ledger: LedgerWriter, database: psycopg.Connection, *lines: HoldLine
) -> UUID:
    """A hold as if it had been made in the middle of that month and kept alive since."""
    command = build.reserve(*lines)
    await ledger.submit(command)
    old_id = uuid7(int(month_start(month).timestamp() * 1000) + 14 * 86_400_000)
    database.execute(
        "UPDATE metering_usagereservation SET id = %s WHERE id = %s", (old_id, command.reservation_id)
    )
    return old_id


def state_of(database: psycopg.Connection, month: date) -> str:
    [(state,)] = database.execute(STATE, (month,)).fetchall()
    return str(state)
