"""What the nightly task seals, purges and drops, and where rows are stored until then."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from metering.ledger import periods
from metering.ledger.audit import verify_ledger
from metering.ledger.partitions import PARTITIONED_TABLES, month_of, month_plus, month_start
from metering.ledger.writer import LedgerWriter
from tests.integration.metering.ledger import stored
from tests.integration.metering.ledger.months import NOW, held_since, partitions_of
from tests.support import build

AGES = range(1, 7)
"""Months ago."""
STATES = "SELECT state FROM metering_ledgerperiod WHERE month = %s"
PLACES = "SELECT DISTINCT tableoid::regclass::text FROM {} ORDER BY 1"
EXISTS = "SELECT to_regclass('metering_usagelog_y2091m04') IS NOT NULL"


@pytest.fixture
def _half_a_year(database: psycopg.Connection) -> Iterator[None]:
    with ExitStack() as stack:
        for age in AGES:
            stack.enter_context(partitions_of(database, month_plus(month_of(NOW), -age)))
        yield


@pytest.mark.usefixtures("_half_a_year")
async def test_months_are_sealed_purged_and_dropped_as_they_age(
    ledger: LedgerWriter, database: psycopg.Connection, conninfo: str
) -> None:
    meter = build.meter_key()
    for age in AGES:
        month = month_plus(month_of(NOW), -age)
        await ledger.submit(build.settle(await held_since(month, ledger, database, build.line(meter)), 7))
    quiet = month_start(month_of(NOW)) + timedelta(days=10)

    for _ in range(2):
        periods.close_old_months(conninfo, quiet, keep_reservations_months=2, keep_usage_months=4)
        states = [database.execute(STATES, (month_plus(month_of(NOW), -age),)).fetchone() for age in AGES]
        assert verify_ledger(conninfo) == []
    periods.close_old_months(conninfo, quiet, keep_reservations_months=2, keep_usage_months=4)

    assert states == [("sealed",)] * 4 + [("dropped",)] * 2
    assert stored.count(database, "metering_usagereservation") == 2
    assert stored.count(database, "metering_usagelog") == 4
    assert stored.meter_row(database, meter)["used"] == 42


@pytest.mark.usefixtures("_half_a_year")
async def test_a_row_lies_in_the_partition_of_its_reservations_month(
    ledger: LedgerWriter, database: psycopg.Connection
) -> None:
    """Also when it settles months later: a late duplicate must meet its twin."""
    old = month_plus(month_of(NOW), -3)
    line = build.line(build.meter_key())
    await ledger.submit(build.settle(await held_since(old, ledger, database, line), 6))
    fresh = build.reserve(line)
    await ledger.submit(fresh)
    await ledger.submit(build.settle(fresh.reservation_id, 6))

    for table in PARTITIONED_TABLES:
        places = [place for (place,) in database.execute(PLACES.format(table).encode()).fetchall()]
        assert places == [f"{table}_y{month.year}m{month.month:02}" for month in (old, month_of(NOW))]


def test_partitions_are_made_ahead_and_making_them_again_is_harmless(
    conninfo: str, database: psycopg.Connection
) -> None:
    for _ in range(2):
        periods.make_partitions(conninfo, datetime(2091, 1, 31, 23, tzinfo=UTC))
    assert database.execute(EXISTS).fetchone() == (True,)
    for table in PARTITIONED_TABLES:
        for month in ("2090m12", "2091m01", "2091m02", "2091m03", "2091m04"):
            database.execute(f"DROP TABLE {table}_y{month}".encode())


def test_workers_that_make_partitions_at_once_do_not_collide(
    conninfo: str, database: psycopg.Connection
) -> None:
    failures: list[BaseException] = []

    def make() -> None:
        try:
            periods.make_partitions(conninfo, datetime(2092, 1, 31, tzinfo=UTC))
        except BaseException as error:  # noqa: BLE001 - the thread's failure is the test's
            failures.append(error)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    for table in PARTITIONED_TABLES:
        for month in ("2091m12", "2092m01", "2092m02", "2092m03", "2092m04"):
            database.execute(f"DROP TABLE {table}_y{month}".encode())
