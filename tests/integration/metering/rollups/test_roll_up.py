"""The job that adds up: whenever, however often and by however many it is run, a good unit is the sum of its lines."""

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from msgspec.structs import replace

from metering.ids import uuid7
from metering.ledger.commands import Expire
from metering.ledger.partitions import month_of
from metering.ledger.writer import LedgerWriter
from metering.rollups.build import UTC_ZONE
from metering.rollups.days import day_bounds
from metering.rollups.levels import ANY_ZONE, Level
from metering.rollups.roll_up import roll_up_usage
from metering.time_zones import zone_named
from tests.integration.metering.ledger import stored
from tests.integration.metering.ledger.months import held_since
from tests.support import build

DAY = timedelta(days=1)
GOOD = "SELECT count(*) FROM metering_rolledunit WHERE zone = %s"
SUMS = """
SELECT zone, level, sum(attempts)::int, sum(requests)::int, sum(cost_nano_usd)::bigint
FROM metering_usagerollup GROUP BY zone, level ORDER BY zone, level
"""
QUARTERS = [(ANY_ZONE, level) for level in Level]
DAYS = [(UTC_ZONE, level) for level in Level]


def tomorrow() -> datetime:
    """When today's quarters and yesterday's days are over."""
    return datetime.now(UTC) + DAY


async def used(ledger: LedgerWriter, *vendors: str, **labels: Any) -> None:
    command = build.reserve(
        build.line(build.meter_key()), labels=replace(build.LABELS, request_model="small", **labels)
    )
    await ledger.submit(command)
    attempts = tuple(
        build.attempt(number, vendor, input_tokens=5, cost_nano_usd=7)
        for number, vendor in enumerate(vendors or ("sandbox",), 1)
    )
    await ledger.submit(build.settle(command.reservation_id, attempts=attempts))


def sums(database: psycopg.Connection) -> dict[tuple[str, int], tuple[int, int, int]]:
    return {(row[0], row[1]): row[2:] for row in database.execute(SUMS).fetchall()}


def recorded_long_ago(database: psycopg.Connection) -> None:
    database.execute("UPDATE metering_usagelog SET recorded_at = now() - interval '1 hour'")


async def test_every_level_has_everything(
    ledger: LedgerWriter, database: psycopg.Connection, conninfo: str
) -> None:
    await used(ledger)
    await used(ledger, "sandbox", "elsewhere", user_id=uuid7(), conversation_id="c", tags=("a=b",))

    assert roll_up_usage(conninfo, tomorrow() + DAY) > 0

    found = sums(database)
    assert found == dict.fromkeys([*QUARTERS, *DAYS], (3, 2, 21))


async def test_a_second_run_changes_nothing(
    ledger: LedgerWriter, database: psycopg.Connection, conninfo: str
) -> None:
    await used(ledger)
    recorded_long_ago(database)
    later = tomorrow()
    roll_up_usage(conninfo, later)
    first = sums(database)
    assert roll_up_usage(conninfo, later) == 0
    assert sums(database) == first


async def test_a_run_ends_with_its_time_and_the_next_goes_on(
    ledger: LedgerWriter, database: psycopg.Connection, conninfo: str
) -> None:
    await used(ledger)
    recorded_long_ago(database)
    later, runs = tomorrow() + DAY, 0
    while roll_up_usage(conninfo, later, budget_s=0):
        runs += 1
    assert runs > 1
    assert sums(database)[UTC_ZONE, 4] == (1, 1, 7)


async def test_a_late_truth_makes_its_units_anew(
    ledger: LedgerWriter, database: psycopg.Connection, conninfo: str
) -> None:
    id_ = await held_since(month_of(datetime.now(UTC)), ledger, database, build.line(build.meter_key()))
    stored.run_out(database, id_)
    await ledger.submit(Expire(reservation_id=id_))
    later = datetime.now(UTC) + 35 * DAY
    roll_up_usage(conninfo, later)
    await ledger.submit(build.settle(id_, 3))

    roll_up_usage(conninfo, later)

    tokens = (
        "SELECT sum(output_tokens), sum(provisional) FROM metering_usagerollup WHERE zone = %s AND level = 1"
    )
    assert database.execute(tokens, [UTC_ZONE]).fetchone() == (3, 0)


async def test_what_did_not_change_is_left_alone(
    ledger: LedgerWriter, database: psycopg.Connection, conninfo: str
) -> None:
    await used(ledger)
    recorded_long_ago(database)
    roll_up_usage(conninfo, tomorrow())
    database.execute("UPDATE metering_usagerollup SET attempts = 77")
    assert roll_up_usage(conninfo, tomorrow()) == 0
    assert sums(database)[ANY_ZONE, 1][0] == 77


async def test_several_at_once_do_not_add_up_twice(
    ledger: LedgerWriter, database: psycopg.Connection, conninfo: str
) -> None:
    for _ in range(5):
        await used(ledger)
    later = tomorrow() + DAY

    threads = [threading.Thread(target=roll_up_usage, args=(conninfo, later)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sums(database) == dict.fromkeys([*QUARTERS, *DAYS], (5, 5, 35))


async def test_a_unit_beyond_what_a_column_holds_is_left_to_its_lines(
    ledger: LedgerWriter, database: psycopg.Connection, conninfo: str
) -> None:
    await used(ledger)
    await used(ledger)
    database.execute("UPDATE metering_usagelog SET cost_nano_usd = 2::numeric ^ 62")
    roll_up_usage(conninfo, tomorrow())
    assert sums(database) == {}
    assert database.execute(GOOD, [UTC_ZONE]).fetchone() == (0,)


def test_an_empty_log_has_no_units(conninfo: str) -> None:
    assert roll_up_usage(conninfo, tomorrow()) == 0


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Asia/Kathmandu", date(2026, 4, 5), 24),
    ],
)
def test_a_day_lasts_as_long_as_its_calendar_says(zone: str, day: date, hours: float) -> None:
    bounds = day_bounds(day, zone_named(zone))
    assert bounds is not None
    assert bounds[1] - bounds[0] == timedelta(hours=hours)


def test_a_day_that_comes_twice_is_no_unit() -> None:
    # At one minute past midnight the clock went back to 23:01 of the day before.
    assert day_bounds(date(2006, 10, 29), zone_named("America/St_Johns")) is None
