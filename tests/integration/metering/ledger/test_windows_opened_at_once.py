"""However many open a window at the same time, it has one meter for each tenant."""

import asyncio
from datetime import UTC, datetime

import psycopg
from msgspec.structs import replace

from metering.ledger.commands import ALWAYS, MeterKey
from metering.ledger.postgres.connect import connect
from metering.ledger.postgres.open_windows import open_windows
from metering.ledger.postgres.process_cache import ProcessCache, Wanted
from metering.ledger.postgres.wire import Wire
from metering.ledger.results import Denied, Granted
from metering.ledger.writer import LedgerWriter
from metering.types import Dimension, Window
from tests.integration.metering.ledger import stored
from tests.support import build

NOON = datetime(2026, 3, 28, 12, tzinfo=UTC)
BERLIN = build.meter_key(window=Window.DAY, timezone="Europe/Berlin")
TOKYO = replace(BERLIN, timezone="Asia/Tokyo")


async def test_two_processes_open_one_meter_between_them(conninfo: str, database: psycopg.Connection) -> None:
    keys = [build.meter_key(window=Window.HOUR) for _ in range(20)]
    processes = [Wire(await connect(conninfo)) for _ in range(4)]

    async def open_all(wire: Wire, wanted: list[MeterKey]) -> None:
        await open_windows(wire, ProcessCache(), {key: Wanted(ALWAYS, 100, False) for key in wanted}, NOON)

    await asyncio.gather(
        *[open_all(wire, keys if place % 2 else keys[::-1]) for place, wire in enumerate(processes)]
    )

    assert stored.count(database, "metering_usagemeter") == len(keys)
    for wire in processes:
        await wire.connection.close()


async def test_a_change_of_zone_within_one_batch_opens_one_meter(
    ledger: LedgerWriter, database: psycopg.Connection
) -> None:
    key = build.meter_key(window=Window.DAY)
    zones = ["UTC", "Asia/Kathmandu", "America/New_York", "Pacific/Auckland"]

    results = await asyncio.gather(
        *[ledger.submit(build.reserve(build.line(replace(key, timezone=zone), 30))) for zone in zones]
    )

    assert stored.count(database, "metering_usagemeter") == 1
    assert sum(isinstance(result, Granted) for result in results) == 3


async def test_two_processes_with_two_ideas_of_the_zone_open_one_meter(
    conninfo: str, database: psycopg.Connection
) -> None:
    processes = [Wire(await connect(conninfo)) for _ in range(2)]

    await asyncio.gather(
        *[
            open_windows(wire, ProcessCache(), {key: Wanted(ALWAYS, 100, False)}, NOON)
            for wire, key in zip(processes, (BERLIN, TOKYO), strict=True)
        ]
    )

    assert stored.count(database, "metering_usagemeter") == 1
    for wire in processes:
        await wire.connection.close()


async def test_two_tenants_that_name_the_same_agent_have_a_meter_each(
    ledger: LedgerWriter, database: psycopg.Connection
) -> None:
    alder = build.meter_key(subject_type="agent", subject_id="bot")
    birch = replace(alder, tenant_id=build.BIRCH)

    await ledger.submit(build.reserve(build.line(alder, 100)))
    answer = await ledger.submit(build.reserve(build.line(birch, 100), tenant_id=build.BIRCH))

    assert isinstance(answer, Granted)
    assert stored.count(database, "metering_usagemeter") == 2


async def test_a_meter_that_vanished_is_opened_anew(
    ledger: LedgerWriter, database: psycopg.Connection
) -> None:
    key = build.meter_key(Dimension.REQUESTS)
    await ledger.submit(build.reserve(build.line(key, 100)))
    database.execute("DELETE FROM metering_usagemeter; DELETE FROM metering_usagereservation")

    answer = await ledger.submit(build.reserve(build.line(key, 100)))

    assert isinstance(answer, Granted)
    assert isinstance(await ledger.submit(build.reserve(build.line(key, 1))), Denied)
