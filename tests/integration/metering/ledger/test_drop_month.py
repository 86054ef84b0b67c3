"""Sealed months are purged and dropped, and the books balance throughout."""

import asyncio
from uuid import UUID

import psycopg
import pytest

from metering.ledger import periods
from metering.ledger.audit import verify_ledger
from metering.ledger.commands import Command, Expire, MeterKey
from metering.ledger.recount import OPEN_ENDED, recount_meters
from metering.ledger.results import Reason, Refused
from metering.ledger.writer import LedgerWriter
from metering.types import Dimension, Window
from tests.integration.metering.ledger import stored
from tests.integration.metering.ledger.months import NOW, OLD, held_since, state_of
from tests.support import build

pytestmark = pytest.mark.usefixtures("old_month")
ENTERING = """
SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%INSERT INTO metering_openingentry%'
"""
RESERVATION, ENTRY, LOG = "metering_usagereservation", "metering_ledgerentry", "metering_usagelog"


async def test_only_sealed_months_are_purged_and_dropped(
    settled: UUID, database: psycopg.Connection, conninfo: str
) -> None:
    assert periods.purge_reservations(conninfo, OLD) == 0
    assert not periods.drop_month(conninfo, OLD, NOW)
    assert stored.count(database, RESERVATION) == 2


async def test_a_purge_deletes_the_months_reservations_in_small_batches(
    settled: UUID,
    ledger: LedgerWriter,
    database: psycopg.Connection,
    conninfo: str,
    meter: MeterKey,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(periods, "PURGE_BATCH", 2)
    for _ in range(4):
        await ledger.submit(build.release(await held_since(OLD, ledger, database, build.line(meter))))
    periods.seal_month(conninfo, OLD, NOW)

    assert periods.purge_reservations(conninfo, OLD) == 5
    assert periods.purge_reservations(conninfo, OLD) == 0
    assert stored.count(database, RESERVATION) == 1
    assert verify_ledger(conninfo) == []


async def test_a_dropped_month_leaves_its_balances_and_nothing_else(
    settled: UUID, database: psycopg.Connection, conninfo: str, meter: MeterKey
) -> None:
    periods.seal_month(conninfo, OLD, NOW)

    assert periods.drop_month(conninfo, OLD, NOW)

    assert state_of(database, OLD) == "dropped"
    assert [stored.count(database, table) for table in (RESERVATION, ENTRY, LOG)] == [1, 1, 1]
    assert stored.meter_row(database, meter)["used"] == 11
    assert verify_ledger(conninfo) == []
    assert not periods.drop_month(conninfo, OLD, NOW)


async def test_an_interrupted_drop_leaves_a_ledger_that_balances(
    settled: UUID, conninfo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    periods.seal_month(conninfo, OLD, NOW)
    with monkeypatch.context() as patch:
        patch.setattr(periods, "partition_name", lambda table, month: "no such table")
        with pytest.raises(psycopg.errors.SyntaxError):
            periods.drop_month(conninfo, OLD, NOW)

    assert verify_ledger(conninfo) == []
    assert periods.drop_month(conninfo, OLD, NOW)
    assert verify_ledger(conninfo) == []


async def test_a_drop_gives_way_to_a_long_report(settled: UUID, conninfo: str) -> None:
    periods.seal_month(conninfo, OLD, NOW)
    with psycopg.connect(conninfo) as report:
        report.execute(f"SELECT count(*) FROM {LOG}")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            periods.drop_month(conninfo, OLD, NOW)

    assert periods.drop_month(conninfo, OLD, NOW)


async def test_a_drop_gives_way_to_a_meter_that_takes_over_what_was_used_in_the_month(
    settled: UUID, ledger: LedgerWriter, database: psycopg.Connection, conninfo: str
) -> None:
    periods.seal_month(conninfo, OLD, NOW)
    facts = {"subject_type": "tenant", "subject_id": str(build.ALDER)}
    late = build.line(build.meter_key(Dimension.OUTPUT_TOKENS, **facts), 1, counts_since=NOW)
    with psycopg.connect(conninfo) as blocker:
        blocker.execute("LOCK TABLE metering_openingentry IN SHARE MODE")
        opening = asyncio.create_task(ledger.submit(build.reserve(late)))
        async with asyncio.timeout(5):
            while not database.execute(ENTERING).fetchall():  # noqa: ASYNC110 - the other side is a process of PostgreSQL's
                await asyncio.sleep(0.05)
        with pytest.raises(psycopg.errors.LockNotAvailable):
            await asyncio.to_thread(periods.drop_month, conninfo, OLD, NOW)
    await opening

    assert periods.drop_month(conninfo, OLD, NOW)
    database.execute("UPDATE metering_meterrecount SET due_at = now()")
    await recount_meters(conninfo)
    assert stored.meter_row(database, late.meter)["used"] == 11
    assert verify_ledger(conninfo) == []


@pytest.mark.parametrize("fate", ["purged", "dropped"])
async def test_a_late_duplicate_of_what_is_gone_changes_nothing(
    fate: str,
    settled: UUID,
    ledger: LedgerWriter,
    database: psycopg.Connection,
    conninfo: str,
    meter: MeterKey,
) -> None:
    periods.seal_month(conninfo, OLD, NOW)
    periods.purge_reservations(conninfo, OLD) if fate == "purged" else periods.drop_month(conninfo, OLD, NOW)
    late: list[Command] = [
        build.settle(settled, 6),
        build.settle(settled, 9),
        build.adjust(settled, 1),
        Expire(reservation_id=settled),
        build.extend(settled),
        build.release(settled),
        build.reserve(build.line(meter), id_=settled),
    ]

    async with asyncio.timeout(3):
        answers = [await ledger.submit(command) for command in late]

    assert all(isinstance(answer, Refused) for answer in answers)
    assert [answer.reason for answer in answers[:5]] == [Reason.NOT_FOUND] * 5  # type: ignore[union-attr]
    assert answers[6].reason is Reason.BAD_ID  # type: ignore[union-attr]
    assert stored.meter_row(database, meter)["used"] == 11
    assert stored.count(database, RESERVATION) == 1
    assert verify_ledger(conninfo) == []


async def test_only_meters_without_end_that_took_something_over_are_looked_at(
    ledger: LedgerWriter, database: psycopg.Connection
) -> None:
    await ledger.submit(build.reserve(build.line(build.meter_key(window=Window.TOTAL))))
    database.execute("UPDATE metering_usagemeter SET opened_late = true WHERE window_end IS NULL")
    assert database.execute(OPEN_ENDED).fetchall() == []
    database.execute(
        "INSERT INTO metering_openingentry (meter_id, amount, past_limit, recorded_at) "
        "SELECT id, 1, 0, now() FROM metering_usagemeter WHERE window_end IS NULL"
    )
    assert len(database.execute(OPEN_ENDED).fetchall()) == 1
