"""Meters of windows on PostgreSQL: opened when needed, once, one after the other."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from msgspec.structs import replace

from metering.ledger.audit import verify_ledger
from metering.ledger.commands import ALWAYS, MeterKey
from metering.ledger.postgres.connect import connect
from metering.ledger.postgres.open_windows import open_windows
from metering.ledger.postgres.process_cache import ProcessCache, Wanted
from metering.ledger.postgres.wire import Wire
from metering.types import Window
from tests.integration.metering.ledger import stored
from tests.support import build

NOON = datetime(2026, 3, 28, 12, tzinfo=UTC)
BERLIN = build.meter_key(window=Window.DAY, timezone="Europe/Berlin")
TOKYO = replace(BERLIN, timezone="Asia/Tokyo")
WINDOWS = "SELECT window_start, window_end FROM metering_usagemeter ORDER BY window_start"


@pytest.fixture
async def own(conninfo: str) -> AsyncIterator[Wire]:
    """A connection as a writer has it."""
    wire = Wire(await connect(conninfo))
    yield wire
    await wire.connection.close()


async def meter_at(wire: Wire, key: MeterKey, moment: datetime, cache: ProcessCache | None = None) -> int:
    """The meter that counts for the key at this moment, on a process's first look."""
    cache = cache or ProcessCache()
    assert not await open_windows(wire, cache, {key: Wanted(ALWAYS, 100, False)}, moment)
    found, missing = cache.find_meters([build.line(key)], moment)
    assert not missing
    return found[key]


async def test_a_meter_is_opened_once_and_found_again(own: Wire) -> None:
    assert await meter_at(own, BERLIN, NOON) == await meter_at(own, BERLIN, NOON + timedelta(hours=10))


async def test_windows_that_follow_each_other_tile_through_a_month_with_a_short_day(
    own: Wire, database: psycopg.Connection, conninfo: str
) -> None:
    keys = [
        build.meter_key(window=window, timezone="Europe/Berlin")
        for window in (Window.HOUR, Window.DAY, Window.WEEK)
    ]
    for hours in range(72):
        for key in keys:
            await meter_at(own, key, NOON + timedelta(hours=hours, minutes=7))

    assert stored.count(database, "metering_usagemeter") == 72 + 4 + 2
    assert verify_ledger(conninfo) == []


async def test_a_tenant_that_moves_keeps_its_open_window_to_the_end(
    own: Wire, database: psycopg.Connection, conninfo: str
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
    own: Wire, database: psycopg.Connection, conninfo: str
) -> None:
    await meter_at(own, BERLIN, NOON)
    await meter_at(own, TOKYO, NOON + timedelta(days=3))

    assert database.execute(WINDOWS).fetchall()[1] == (
        datetime(2026, 3, 30, 15, tzinfo=UTC),
        datetime(2026, 3, 31, 15, tzinfo=UTC),
    )
    assert verify_ledger(conninfo) == []


async def test_a_cached_meter_counts_only_inside_its_window(own: Wire) -> None:
    cache = ProcessCache()
    await meter_at(own, BERLIN, NOON, cache)

    for moment in (NOON - timedelta(days=1), NOON + timedelta(days=1)):
        found, missing = cache.find_meters([build.line(BERLIN)], moment)
        assert (found, list(missing)) == ({}, [BERLIN])
