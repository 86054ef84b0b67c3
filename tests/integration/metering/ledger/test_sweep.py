"""The sweeper ends exactly what is due, charges it as its budgets say, and never waits for anybody."""

import asyncio

import psycopg
import pytest

from metering.ledger import sweep
from metering.ledger.audit import verify_ledger
from metering.ledger.sweep import Swept, sweep_reservations
from metering.ledger.writer import LedgerWriter
from metering.types import Dimension, ReservationState, Window
from tests.integration.metering.ledger import stored
from tests.support import build

STATE = "SELECT state, provisional FROM metering_usagereservation WHERE id = %s"
LOG = "SELECT outcome, output_tokens, estimated FROM metering_usagelog WHERE reservation_id = %s"
LOCK = "SELECT 1 FROM metering_usagereservation WHERE id = ANY(%s) FOR UPDATE"


async def test_what_is_past_its_lease_ends_and_nothing_else(
    ledger: LedgerWriter, database: psycopg.Connection, conninfo: str
) -> None:
    line = build.line(build.meter_key(), 10, 1000)
    gone = await stored.held(ledger, line, count=3)
    living = await stored.held(ledger, line, count=3)
    [done] = await stored.held(ledger, line)
    await ledger.submit(build.settle(done, 4))
    stored.run_out(database, *gone, done)

    assert await sweep_reservations(conninfo) == Swept(expired=3, left=0)

    for id_ in gone:
        assert database.execute(STATE, (id_,)).fetchone() == (ReservationState.EXPIRED, True)
    for id_ in living:
        assert database.execute(STATE, (id_,)).fetchone() == (ReservationState.HELD, False)
    assert verify_ledger(conninfo) == []


async def test_a_vanished_call_is_charged_and_its_slot_is_freed(
    ledger: LedgerWriter, database: psycopg.Connection, conninfo: str
) -> None:
    tokens, calls = build.meter_key(), build.meter_key(Dimension.CONCURRENCY, Window.NONE)
    lenient = build.meter_key()
    [id_] = await stored.held(
        ledger, build.line(tokens), build.line(calls, 1), build.line(lenient, release_on_expiry=True)
    )
    stored.run_out(database, id_)

    await sweep_reservations(conninfo)

    assert stored.meter_row(database, tokens)["used"] == 10
    assert stored.meter_row(database, lenient)["used"] == 0
    assert [stored.meter_row(database, meter)["held"] for meter in (tokens, calls, lenient)] == [0, 0, 0]
    assert database.execute(LOG, (id_,)).fetchall() == [("provisional", 10, True)]


async def test_a_second_sweep_finds_nothing(
    ledger: LedgerWriter, database: psycopg.Connection, conninfo: str
) -> None:
    stored.run_out(database, *await stored.held(ledger, build.line(build.meter_key())))

    assert (await sweep_reservations(conninfo)).expired == 1
    assert await sweep_reservations(conninfo) == Swept(expired=0, left=0)


async def test_an_empty_ledger_is_swept(conninfo: str) -> None:
    assert await sweep_reservations(conninfo) == Swept(expired=0, left=0)


async def test_rows_that_others_hold_locked_are_passed_over(
    ledger: LedgerWriter, database: psycopg.Connection, conninfo: str
) -> None:
    gone = await stored.held(ledger, build.line(build.meter_key(), 10, 1000), count=4)
    stored.run_out(database, *gone)
    with psycopg.connect(conninfo) as other:
        other.execute(LOCK, (gone[:2],))
        async with asyncio.timeout(5):
            assert await sweep_reservations(conninfo) == Swept(expired=2, left=2)

    assert await sweep_reservations(conninfo) == Swept(expired=2, left=0)


async def test_two_sweepers_share_the_work(
    ledger: LedgerWriter, database: psycopg.Connection, conninfo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "BATCH", 20)
    gone = await stored.held(ledger, build.line(build.meter_key(), 1, 1000), count=200)
    stored.run_out(database, *gone)

    sweeps = await asyncio.gather(*[sweep_reservations(conninfo) for _ in range(3)])

    late = await sweep_reservations(conninfo)
    assert sum(each.expired for each in sweeps) + late.expired == 200
    assert stored.count(database, "metering_ledgerentry") == 200
    assert verify_ledger(conninfo) == []


async def test_a_sweep_during_traffic_loses_nothing(
    ledger: LedgerWriter, database: psycopg.Connection, conninfo: str
) -> None:
    key = build.meter_key()
    gone = await stored.held(ledger, build.line(key, 1, 10_000), count=300)
    stored.run_out(database, *gone)

    async def call() -> None:
        [id_] = await stored.held(ledger, build.line(key, 5, 10_000))
        await ledger.submit(build.settle(id_, 3))

    swept, *_ = await asyncio.gather(sweep_reservations(conninfo), *[call() for _ in range(100)])

    assert swept.expired == 300
    assert stored.meter_row(database, key)["used"] == 300 * 1 + 100 * 3
    assert verify_ledger(conninfo) == []


async def test_a_late_truth_after_the_sweep_is_charged_once(
    ledger: LedgerWriter, database: psycopg.Connection, conninfo: str
) -> None:
    key = build.meter_key()
    id_ = await stored.expired(ledger, database, build.line(key))

    answers = await asyncio.gather(*[ledger.submit(build.settle(id_, 6)) for _ in range(3)])

    assert sorted(answer.replayed for answer in answers) == [False, True, True]  # type: ignore[union-attr]
    assert stored.meter_row(database, key)["used"] == 6
    assert database.execute(LOG, (id_,)).fetchall() == [("ok", 6, False)]
    assert verify_ledger(conninfo) == []
