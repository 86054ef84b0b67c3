"""Alerts are written with the batch that reaches them, by however many writers, optimistic or under locks."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from metering.ledger.commands import MeterKey
from metering.ledger.results import Denied, Ended, Granted
from metering.ledger.writer import LedgerWriter
from metering.types import Dimension, Window
from tests.integration.metering.ledger import stored
from tests.integration.metering.ledger.spy import Spy
from tests.support import build

pytestmark = pytest.mark.usefixtures("clean_in_the_end")
USUAL = "80,95,100"


def told(database: psycopg.Connection, meter: MeterKey | None = None) -> list[int]:
    """Thresholds, in the order in which they were recorded."""
    rows = database.execute(
        "SELECT threshold FROM metering_quotaalert WHERE subject_id = coalesce(%s, subject_id) ORDER BY id",
        (meter.subject_id if meter else None,),
    )
    return [threshold for (threshold,) in rows]


async def use(ledger: LedgerWriter, meter: MeterKey, amount: int, limit: int = 100, **facts: Any) -> UUID:
    """One call that holds and uses as much."""
    command = build.reserve(build.line(meter, amount, limit, **{"thresholds": USUAL, **facts}))
    assert isinstance(await ledger.submit(command), Granted)
    assert isinstance(await ledger.submit(build.settle(command.reservation_id, amount)), Ended)
    return command.reservation_id


async def test_each_threshold_is_written_when_it_is_reached(
    ledger: LedgerWriter, database: psycopg.Connection
) -> None:
    meter, found = build.meter_key(), []
    for _ in range(10):
        await use(ledger, meter, 10)
        found.append(told(database))
    assert found[6:] == [[], [80], [80], [80, 95, 100]]


async def test_an_alert_carries_its_meter(ledger: LedgerWriter, database: psycopg.Connection) -> None:
    meter = build.meter_key(Dimension.REQUESTS, Window.DAY)
    await use(ledger, meter, 1, 1, thresholds="100")
    facts = database.execute(
        """SELECT alert.tenant_id, alert.subject_type, alert.dimension, alert."window", alert.used, alert."limit",
            alert.window_end = meter.window_end, alert.meter_id = meter.id
        FROM metering_quotaalert alert, metering_usagemeter meter"""
    ).fetchall()
    assert facts == [(build.ALDER, "agent", "requests", "day", 1, 1, True, True)]


async def test_batches_far_from_a_threshold_are_optimistic_and_one_that_reaches_it_is_not(
    ledger: LedgerWriter, database: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    spy, meter = Spy(monkeypatch), build.meter_key()
    for _ in range(3):
        await use(ledger, meter, 1)
    before = spy.optimistic
    for _ in range(10):
        await use(ledger, meter, 1)
    assert spy.optimistic - before == 20
    await use(ledger, meter, 70)
    assert told(database) == [80]
    before = spy.optimistic
    await use(ledger, meter, 1)
    assert spy.optimistic - before == 2


async def test_a_process_that_remembers_less_than_was_used_finds_the_threshold_too(
    ledger: LedgerWriter, other: LedgerWriter, database: psycopg.Connection
) -> None:
    meter = build.meter_key()
    await use(ledger, meter, 1)
    await use(ledger, meter, 1)
    for _ in range(7):
        await use(other, meter, 10)
    assert told(database) == []
    await use(ledger, meter, 8)
    assert told(database) == [80]


async def test_a_burst_from_two_writers_tells_each_threshold_once(
    ledger: LedgerWriter, other: LedgerWriter, database: psycopg.Connection
) -> None:
    meter = build.meter_key()
    await asyncio.gather(*[use(writer, meter, 1) for _ in range(50) for writer in (ledger, other)])
    assert sorted(told(database)) == [80, 95, 100]


async def test_a_budget_that_was_changed_is_measured_anew_by_every_writer(
    ledger: LedgerWriter, other: LedgerWriter, database: psycopg.Connection
) -> None:
    meter = build.meter_key()
    for writer in (ledger, other, ledger, other):
        await use(writer, meter, 10)
    await use(ledger, meter, 1, limit=50)
    assert told(database) == [80]
    await use(other, meter, 1, limit=1_000)
    await use(ledger, meter, 700, limit=1_000)
    assert told(database) == [80]
    await use(ledger, meter, 200, limit=1_000)
    assert sorted(told(database)) == [80, 80], "of the raised budget it is told again"
    await use(other, meter, 10, limit=1_000)
    assert sorted(told(database)) == [80, 80, 95]


async def test_a_process_that_has_not_heard_of_a_raised_budget_does_not_lower_it_for_the_others(
    ledger: LedgerWriter, other: LedgerWriter, database: psycopg.Connection
) -> None:
    meter = build.meter_key()
    for _ in range(3):
        await use(ledger, meter, 1, limit=1_000)
    await use(other, meter, 1, limit=50)
    await use(ledger, meter, 100, limit=1_000)
    assert told(database) == []


async def test_a_denial_for_want_of_room_is_written_and_the_flood_after_it_is_not(
    ledger: LedgerWriter, other: LedgerWriter, database: psycopg.Connection
) -> None:
    meter = build.meter_key()
    await use(ledger, meter, 96)
    flood = [
        writer.submit(build.reserve(build.line(meter, 5, 100, thresholds=USUAL)))
        for _ in range(50)
        for writer in (ledger, other)
    ]
    assert all(isinstance(answer, Denied) for answer in await asyncio.gather(*flood))
    assert told(database) == [80, 95, 100]
    row = database.execute("SELECT used, requested FROM metering_quotaalert WHERE threshold = 100").fetchone()
    assert row == (96, 5)


async def test_an_expiry_tells_what_it_charges(ledger: LedgerWriter, database: psycopg.Connection) -> None:
    await stored.expired(ledger, database, build.line(build.meter_key(), 90, 100, thresholds=USUAL))
    assert told(database) == [80]


async def test_a_correction_tells_too_and_what_was_told_stays_told(
    ledger: LedgerWriter, database: psycopg.Connection
) -> None:
    meter = build.meter_key()
    id_ = await use(ledger, meter, 70)
    await ledger.submit(build.adjust(id_, 12))
    assert told(database) == [80]
    await ledger.submit(build.adjust(id_, -40, number=2))
    await use(ledger, meter, 45)
    assert told(database) == [80]


async def test_a_new_window_tells_anew(
    ledger: LedgerWriter, other: LedgerWriter, database: psycopg.Connection
) -> None:
    meter = build.meter_key(window=Window.DAY)
    await use(ledger, meter, 85)
    database.execute(
        """UPDATE metering_usagemeter SET window_start = window_start - interval '1 day',
            window_end = window_end - interval '1 day'"""
    )
    database.execute("UPDATE metering_quotaalert SET window_start = window_start - interval '1 day'")
    await use(other, meter, 85)
    assert told(database) == [80, 80]


async def test_a_soft_budget_tells_of_what_went_past_it(
    ledger: LedgerWriter, database: psycopg.Connection
) -> None:
    await use(ledger, build.meter_key(), 150, enforced=False, thresholds="100,150,200")
    assert told(database) == [100, 150]


async def calls(ledger: LedgerWriter, meter: MeterKey, count: int, limit: int = 10) -> list[UUID]:
    """So many that begin together."""
    commands = [build.reserve(build.line(meter, 1, limit, thresholds="90")) for _ in range(count)]
    await asyncio.gather(*[ledger.submit(command) for command in commands])
    return [command.reservation_id for command in commands]


async def test_calls_at_once_are_told_when_they_begin_and_anew_after_the_cool_down(
    ledger: LedgerWriter, other: LedgerWriter, database: psycopg.Connection
) -> None:
    meter = build.meter_key(Dimension.CONCURRENCY, Window.NONE)
    running = await calls(ledger, meter, 8)
    assert told(database) == []
    running += await calls(other, meter, 2)
    assert told(database) == [90]
    for id_ in running:
        await ledger.submit(build.release(id_))
    for id_ in await calls(other, meter, 10):
        await other.submit(build.release(id_))
    assert told(database) == [90], "it is cooling down"
    for table in ("metering_usagemeter", "metering_limitwatch"):
        database.execute(f"UPDATE {table} SET rearms_at = now()".encode())
    await calls(ledger, meter, 1)
    assert told(database) == [90]
    await calls(other, meter, 8)
    assert told(database) == [90, 90]


async def test_without_thresholds_a_meter_knows_of_no_alerts(
    ledger: LedgerWriter, database: psycopg.Connection
) -> None:
    await use(ledger, build.meter_key(), 100, thresholds="")
    row = database.execute("SELECT alert_at, watching FROM metering_usagemeter").fetchone()
    assert row == (2**63 - 1, 0)
    assert stored.count(database, "metering_limitwatch") == 0


async def test_limits_on_one_meter_are_told_each_by_itself_under_locks_or_not(
    ledger: LedgerWriter, other: LedgerWriter, database: psycopg.Connection
) -> None:
    meter = build.meter_key()
    small, large = uuid4(), uuid4()

    async def both(writer: LedgerWriter, amount: int) -> None:
        lines = (
            build.line(meter, amount, 100, budget_id=small, thresholds="80", enforced=False),
            build.line(meter, amount, 1_000, budget_id=large, thresholds="10,80"),
        )
        command = build.reserve(*lines)
        assert isinstance(await writer.submit(command), Granted)
        await writer.submit(build.settle(command.reservation_id, amount))

    for amount in (1, 1, 1, 90, 1, 1, 10, 1, 1, 700):
        await both(ledger, amount)
        await both(other, 0)

    rows = database.execute("SELECT budget_id, threshold FROM metering_quotaalert ORDER BY id").fetchall()
    assert rows == [(small, 80), (large, 10), (large, 80)]
