"""What the ledger's tables say, read past the ledger."""

from typing import Any

import psycopg
from msgspec import Struct

from metering.ledger.audit import verify_ledger
from metering.ledger.commands import MeterKey
from metering.ledger.sweep import Swept, sweep_reservations


class MeterRow(Struct, frozen=True):
    used: int
    held: int
    overrun: int
    unenforced: int
    highest_limit: int


def query(database: str, statement: str, parameters: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    with psycopg.connect(database, autocommit=True, connect_timeout=10) as connection:
        cursor = connection.execute(statement.encode(), parameters)
        return cursor.fetchall() if cursor.description else []


def meter_row(database: str, key: MeterKey) -> MeterRow:
    """The only window of a meter."""
    [row] = query(
        database,
        "SELECT used, held, overrun, unenforced, highest_limit FROM metering_usagemeter WHERE subject_id = %s",
        (key.subject_id,),
    )
    return MeterRow(*row)


def states(database: str) -> dict[str, int]:
    """The reservations' states, by id."""
    return {
        str(id_): state for id_, state in query(database, "SELECT id, state FROM metering_usagereservation")
    }


def counts(database: str) -> tuple[int, int, int]:
    """How many reservations, entries and attempts there are."""
    tables = ("metering_usagereservation", "metering_ledgerentry", "metering_usagelog")
    reservations, entries, attempts = (
        query(database, f"SELECT count(*) FROM {table}")[0][0] for table in tables
    )
    return reservations, entries, attempts


def assert_the_ledger_balances(database: str, *, grace_s: int = 3600) -> None:
    assert verify_ledger(database, grace_s=grace_s) == []


async def sweep_once(database: str) -> Swept:
    """One sweep after every lease has run out."""
    return await sweep_reservations(database)


def deadlocks(database: str) -> int:
    """How many PostgreSQL has had to break."""
    [(count,)] = query(database, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    return int(count)
