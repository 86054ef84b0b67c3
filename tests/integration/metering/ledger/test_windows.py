"""Meters of windows on PostgreSQL: opened when needed, once, one after the other."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from msgspec.structs import replace

from metering.ledger.audit import verify_ledger
from metering.ledger.commands import MeterKey
from metering.ledger.postgres.connect import connect
from metering.ledger.postgres.windows import WindowCache
from metering.ledger.results import Denied, Granted
from metering.ledger.writer import LedgerWriter
from metering.types import Dimension, Window
from tests.integration.metering.ledger import kit

NOON = datetime(2026, 3, 28, 12, tzinfo=UTC)
BERLIN = kit.key(window=Window.DAY, timezone="Europe/Berlin")
TOKYO = replace(BERLIN, timezone="Asia/Tokyo")
WINDOWS = "SELECT window_start, window_end FROM metering_usagemeter ORDER BY window_start"


@pytest.fixture
async def own(conninfo: str) -> AsyncIterator[psycopg.AsyncConnection]:
    """A connection as a writer has it."""
    connection = await connect(conninfo)
    yield connection
    await connection.close()


async def meter_at(
    connection: psycopg.AsyncConnection, key: MeterKey, moment: datetime, cache: WindowCache | None = None
) -> int:
    """The meter that counts for the key at this moment, on a process's first look."""
    cache = cache or WindowCache()
    await cache.open(connection, [key], moment)
    found, missing = cache.find([key], moment)
    assert not missing
    return found[key]


async def test_a_meter_is_opened_once_and_found_again(own: psycopg.AsyncConnection) -> None:
    assert await meter_at(own, BERLIN, NOON) == await meter_at(own, BERLIN, NOON + timedelta(hours=10))


async def test_windows_that_follow_each_other_tile_through_a_month_with_a_short_day(
    own: psycopg.AsyncConnection, database: psycopg.Connection, conninfo: str
) -> None:
    keys = [
        kit.key(window=window, timezone="Europe/Berlin") for window in (Window.HOUR, Window.DAY, Window.WEEK)
    ]
    for hours in range(72):
        for key in keys:
            await meter_at(own, key, NOON + timedelta(hours=hours, minutes=7))

    assert kit.count(database, "metering_usagemeter") == 72 + 4 + 2
    assert verify_ledger(conninfo) == []


async def test_a_tenant_that_moves_keeps_its_open_window_to_the_end(
    own: psycopg.AsyncConnection, database: psycopg.Connection, conninfo: str
) -> None:
    before = await meter_at(own, BERLIN, NOON)

    moved = await meter_at(own, TOKYO, NOON + timedelta(hours=5))
    after = await meter_at(own, TOKYO, NOON + timedelta(hours=12))

    assert moved == before
    assert after != before
    [first, second] = database.execute(WINDOWS).fetchall()
    assert first == (datetime(2026, 3, 27, 23, tzinfo=UTC), datetime(2026, 3, 28, 23, tzinfo=UTC))
    assert second == (datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 15, tzinfo=UTC))
    assert verify_ledger(conninfo) == []


async def test_a_tenant_that_moves_after_a_pause_gets_a_whole_window(
    own: psycopg.AsyncConnection, database: psycopg.Connection, conninfo: str
) -> None:
    await meter_at(own, BERLIN, NOON)
    await meter_at(own, TOKYO, NOON + timedelta(days=3))

    assert database.execute(WINDOWS).fetchall()[1] == (
        datetime(2026, 3, 30, 15, tzinfo=UTC),
        datetime(2026, 3, 31, 15, tzinfo=UTC),
    )
    assert verify_ledger(conninfo) == []


async def test_a_cached_meter_counts_only_inside_its_window(own: psycopg.AsyncConnection) -> None:
    cache = WindowCache()
    await meter_at(own, BERLIN, NOON, cache)

    for moment in (NOON - timedelta(days=1), NOON + timedelta(days=1)):
        assert cache.find([BERLIN], moment) == ({}, [BERLIN])


async def test_two_processes_open_one_meter_between_them(conninfo: str, database: psycopg.Connection) -> None:
    keys = [kit.key(window=Window.HOUR) for _ in range(20)]
    processes = [await connect(conninfo) for _ in range(4)]

    async def open_all(connection: psycopg.AsyncConnection, wanted: list[MeterKey]) -> None:
        await WindowCache().open(connection, wanted, NOON)

    await asyncio.gather(
        *[
            open_all(connection, keys if place % 2 else keys[::-1])
            for place, connection in enumerate(processes)
        ]
    )

    assert kit.count(database, "metering_usagemeter") == len(keys)
    for connection in processes:
        await connection.close()


async def test_a_change_of_zone_within_one_batch_opens_one_meter(
    ledger: LedgerWriter, database: psycopg.Connection
) -> None:
    key = kit.key(window=Window.DAY)
    zones = ["UTC", "Asia/Kathmandu", "America/New_York", "Pacific/Auckland"]

    results = await asyncio.gather(
        *[ledger.submit(kit.reserve(kit.line(replace(key, timezone=zone), 30))) for zone in zones]
    )

    assert kit.count(database, "metering_usagemeter") == 1
    assert sum(isinstance(result, Granted) for result in results) == 3


async def test_two_processes_with_two_ideas_of_the_zone_open_one_meter(
    conninfo: str, database: psycopg.Connection
) -> None:
    processes = [await connect(conninfo) for _ in range(2)]

    await asyncio.gather(
        *[
            WindowCache().open(connection, [key], NOON)
            for connection, key in zip(processes, (BERLIN, TOKYO), strict=True)
        ]
    )

    assert kit.count(database, "metering_usagemeter") == 1
    for connection in processes:
        await connection.close()


async def test_two_tenants_that_name_the_same_agent_have_a_meter_each(
    ledger: LedgerWriter, database: psycopg.Connection
) -> None:
    alder = kit.key(subject_type="agent", subject_id="bot")
    birch = replace(alder, tenant_id=kit.BIRCH)

    await ledger.submit(kit.reserve(kit.line(alder, 100)))
    answer = await ledger.submit(kit.reserve(kit.line(birch, 100), tenant_id=kit.BIRCH))

    assert isinstance(answer, Granted)
    assert kit.count(database, "metering_usagemeter") == 2


async def test_a_meter_that_vanished_is_opened_anew(
    ledger: LedgerWriter, database: psycopg.Connection
) -> None:
    key = kit.key(Dimension.REQUESTS)
    await ledger.submit(kit.reserve(kit.line(key, 100)))
    database.execute("DELETE FROM metering_usagemeter; DELETE FROM metering_usagereservation")

    answer = await ledger.submit(kit.reserve(kit.line(key, 100)))

    assert isinstance(answer, Granted)
    assert isinstance(await ledger.submit(kit.reserve(kit.line(key, 1))), Denied)
