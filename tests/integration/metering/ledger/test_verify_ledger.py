"""The audit finds every kind of corruption, calls it by its name and names the row."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from metering.ledger import periods
from metering.ledger.audit import verify_ledger
from metering.ledger.audit.invariants import INVARIANTS
from metering.ledger.partitions import month_of
from metering.ledger.writer import LedgerWriter
from tests.integration.metering.ledger import (
    lived_in,
    plants_in_alerts,
    plants_in_attempts,
    plants_in_entries,
    plants_in_meters,
)
from tests.integration.metering.ledger.plant import Plant

PLANTS = [
    *plants_in_meters.PLANTS,
    *plants_in_entries.PLANTS,
    *plants_in_attempts.PLANTS,
    *plants_in_alerts.PLANTS,
]
SEALED = plants_in_meters.SEALED
DAY = "UPDATE metering_usagemeter SET"
WINDOWS = {
    "an end too late": f"{DAY} window_end = window_end + interval '1 hour' WHERE id = %(tokens)s",
    "no end": f"{DAY} window_end = NULL WHERE id = %(tokens)s",
    "a start too late": f"{DAY} window_start = window_start + interval '1 minute' WHERE id = %(tokens)s",
    "a zone that does not fit": f"{DAY} timezone = 'Asia/Kathmandu' WHERE id = %(tokens)s",
    "a window that overlaps the one before": """
        INSERT INTO metering_usagemeter (tenant_id, subject_type, subject_id, dimension, "window", timezone,
            week_start, window_start, window_end, used, held, overrun, unenforced, uncovered, highest_limit)
        SELECT tenant_id, subject_type, subject_id, dimension, "window", timezone, week_start,
            window_start - interval '1 hour', window_end - interval '1 hour', 0, 0, 0, 0, 0, 0
        FROM metering_usagemeter WHERE id = %(tokens)s""",
}


async def test_a_ledger_in_which_everything_happened_is_clean(
    ledger: LedgerWriter, database: psycopg.Connection, conninfo: str
) -> None:
    await lived_in.live(ledger, database)

    assert verify_ledger(conninfo) == []


async def test_a_failure_that_was_a_request_before_it_was_decided_that_it_is_none_stays_one(
    ledger: LedgerWriter, database: psycopg.Connection, conninfo: str
) -> None:
    names = await lived_in.live(ledger, database)
    as_it_was = (
        "UPDATE metering_ledgerentry SET requests = 1, charges[2] = 1, charges[5] = 1 WHERE id = %(failed)s",
        "UPDATE metering_usagemeter SET used = used + 1 WHERE id IN (%(requests)s, %(vendor_calls)s)",
    )
    for statement in as_it_was:
        database.execute(statement.encode(), names)

    assert verify_ledger(conninfo) == []


@pytest.mark.parametrize("plant", PLANTS, ids=[plant.what for plant in PLANTS])
async def test_the_audit_finds(
    plant: Plant, ledger: LedgerWriter, database: psycopg.Connection, conninfo: str
) -> None:
    names = await lived_in.live(ledger, database)

    for statement in plant.sql.split(";"):
        database.execute(statement.encode(), names)

    assert_found(conninfo, plant, str(names[plant.row]))


@pytest.mark.parametrize("plant", SEALED, ids=[plant.what for plant in SEALED])
async def test_the_audit_finds_in_a_sealed_month(
    plant: Plant, ledger: LedgerWriter, database: psycopg.Connection, conninfo: str
) -> None:
    names = await lived_in.live(ledger, database, all_done=True)
    month = month_of(datetime.now(UTC))
    assert periods.seal_month(conninfo, month, datetime.now(UTC) + timedelta(days=40))
    assert verify_ledger(conninfo) == []

    database.execute(plant.sql.encode(), names)

    names["balance"] = f"{month}/{names['tokens']}"
    assert_found(conninfo, plant, str(names[plant.row]))


@pytest.mark.parametrize("sql", WINDOWS.values(), ids=WINDOWS)
async def test_the_audit_finds_a_window_with(
    sql: str, ledger: LedgerWriter, database: psycopg.Connection, conninfo: str
) -> None:
    names = await lived_in.live(ledger, database)

    database.execute(sql.encode(), names)

    found = {item.id: item for item in verify_ledger(conninfo) if item.invariant == "windows_tile"}
    broken = found[str(names["tokens"])]
    assert broken.table == "metering_usagemeter"
    assert broken.expected != broken.actual


def test_every_invariant_has_its_corruption() -> None:
    assert {plant.invariant for plant in (*PLANTS, *SEALED)} == set(INVARIANTS)


def assert_found(conninfo: str, plant: Plant, row: str) -> None:
    found = verify_ledger(conninfo)
    keys = [(item.invariant, item.table, item.id) for item in found]
    assert (plant.invariant.name, plant.invariant.table, row) in keys, found
    assert all(item.expected != item.actual for item in found)
