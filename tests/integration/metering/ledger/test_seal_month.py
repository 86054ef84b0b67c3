"""Months are sealed when nothing in them can change any more, and are closed from then on."""

import asyncio
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest

from metering.ledger import periods
from metering.ledger.audit import verify_ledger
from metering.ledger.commands import Expire, MeterKey
from metering.ledger.partitions import month_of, month_plus, month_start
from metering.ledger.results import Ended, Reason, Refused
from metering.ledger.writer import LedgerWriter
from tests.integration.metering.ledger import stored
from tests.integration.metering.ledger.months import NOW, OLD, held_since, state_of
from tests.support import build

pytestmark = pytest.mark.usefixtures("old_month")
ENTRY, LOG = "metering_ledgerentry", "metering_usagelog"


async def test_a_quiet_month_is_sealed_with_what_it_charged(
    settled: UUID, meter: MeterKey, database: psycopg.Connection, conninfo: str
) -> None:
    assert periods.seal_month(conninfo, OLD, NOW)

    assert state_of(database, OLD) == "sealed"
    assert database.execute("SELECT month, charged FROM metering_closingbalance").fetchall() == [(OLD, 6)]
    assert verify_ledger(conninfo) == []


async def test_a_month_is_sealed_once(settled: UUID, database: psycopg.Connection, conninfo: str) -> None:
    assert periods.seal_month(conninfo, OLD, NOW)
    assert not periods.seal_month(conninfo, OLD, NOW)
    assert stored.count(database, "metering_closingbalance") == 1


def test_an_unknown_month_is_not_sealed(conninfo: str) -> None:
    assert not periods.seal_month(conninfo, month_plus(OLD, -50), NOW)


def test_a_month_is_left_open_until_two_days_after_its_end(conninfo: str) -> None:
    month = month_of(NOW)
    end = month_start(month_plus(month, 1))
    assert not periods.seal_month(conninfo, month, end + timedelta(days=2, seconds=-1))
    assert periods.seal_month(conninfo, month, end + timedelta(days=2))


async def test_a_month_waits_for_what_is_held(
    ledger: LedgerWriter, database: psycopg.Connection, conninfo: str
) -> None:
    held = await held_since(OLD, ledger, database, build.line(build.meter_key()))
    assert not periods.seal_month(conninfo, OLD, NOW)

    await ledger.submit(build.settle(held, 1))
    assert periods.seal_month(conninfo, OLD, NOW)


async def test_a_month_waits_for_what_is_not_resolved(
    ledger: LedgerWriter, database: psycopg.Connection, conninfo: str
) -> None:
    held = await held_since(OLD, ledger, database, build.line(build.meter_key()))
    stored.run_out(database, held)
    await ledger.submit(Expire(reservation_id=held))
    assert not periods.seal_month(conninfo, OLD, NOW)

    await ledger.submit(build.release(held))
    assert periods.seal_month(conninfo, OLD, NOW)
    assert verify_ledger(conninfo) == []


async def test_a_settlement_that_commits_while_the_month_is_sealed_is_in_the_balance_or_holds_it_open(
    ledger: LedgerWriter, database: psycopg.Connection, conninfo: str
) -> None:
    meter = build.meter_key()
    held = [await held_since(OLD, ledger, database, build.line(meter, 10, 1000)) for _ in range(20)]
    for id_ in held[::2]:
        stored.run_out(database, id_)
        await ledger.submit(Expire(reservation_id=id_))

    async def seal() -> None:
        is_sealed = False
        while not is_sealed:
            is_sealed = await asyncio.to_thread(periods.seal_month, conninfo, OLD, NOW)

    async with asyncio.timeout(20):
        await asyncio.gather(seal(), *[ledger.submit(build.settle(id_, 7)) for id_ in held])

    assert stored.meter_row(database, meter)["used"] == 140
    assert verify_ledger(conninfo) == []


async def test_a_sealed_month_takes_no_correction(
    settled: UUID, ledger: LedgerWriter, database: psycopg.Connection, conninfo: str
) -> None:
    await ledger.submit(build.adjust(settled, 3))
    assert periods.seal_month(conninfo, OLD, NOW)

    answer = await ledger.submit(build.adjust(settled, 3, number=2))
    again = await ledger.submit(build.adjust(settled, 3))

    assert isinstance(answer, Refused)
    assert answer.reason is Reason.PERIOD_SEALED
    assert isinstance(again, Ended)
    assert again.replayed
    assert verify_ledger(conninfo) == []


@pytest.mark.parametrize("late", [lambda id_: build.settle(id_, 3), build.settle, build.release])
async def test_a_sealed_month_takes_no_late_truth(
    late: object, ledger: LedgerWriter, database: psycopg.Connection, conninfo: str
) -> None:
    """No month with unresolved calls is sealed; should one be, its balances still stand."""
    held = await held_since(OLD, ledger, database, build.line(build.meter_key()))
    stored.run_out(database, held)
    await ledger.submit(Expire(reservation_id=held))
    database.execute("UPDATE metering_ledgerperiod SET state = 'sealed' WHERE month = %s", (OLD,))
    before = stored.count(database, ENTRY), database.execute(f"SELECT * FROM {LOG}").fetchall()

    answer = await ledger.submit(late(held))  # type: ignore[operator]

    assert isinstance(answer, Refused)
    assert answer.reason is Reason.PERIOD_SEALED
    assert (stored.count(database, ENTRY), database.execute(f"SELECT * FROM {LOG}").fetchall()) == before
