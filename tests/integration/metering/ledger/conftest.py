"""An empty ledger on the run's own PostgreSQL, and a writer for it.

The ledger commits on connections of its own, so its tables are emptied before each test instead of rolled back.
"""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest
from django.conf import settings

from metering.ledger import periods
from metering.ledger.commands import MeterKey
from metering.ledger.writer import LedgerWriter
from tests.integration.metering.ledger.months import OLD, held_since, partitions_of
from tests.integration.metering.ledger.optimistic import OptimisticBatches
from tests.kept_connections import kept_connection
from tests.quick_audit import violations
from tests.support import build

TABLES = [
    *("metering_usagemeter", "metering_usagereservation", "metering_usagelog", "metering_ledgerentry"),
    *("metering_closingbalance", "metering_ledgerperiod", "metering_usagerollup", "metering_quotaalert"),
    *("metering_rolledunit", "metering_rolledzone", "metering_rollupprogress"),
    *("metering_limitwatch", "metering_openingentry", "metering_meterrecount"),
]
USED = """
WITH named AS (SELECT unnest(%s::regclass[]) AS id)
SELECT string_agg(oid::regclass::text, ', ') FROM pg_class
WHERE relkind = 'r' AND oid IN (SELECT id FROM named UNION SELECT inhrelid FROM pg_inherits, named WHERE inhparent = id)
  AND (pg_relation_size(oid) > 0 OR reltuples >= 0)
"""
"""Tables and partitions that are not as new: with a page of rows, alive or dead, or with statistics."""


@pytest.fixture
def conninfo(db: None) -> Iterator[str]:
    """The address of the ledger's database, without a row."""
    address: str = settings.LEDGER_DATABASE_URL
    empty(address)
    yield address
    empty(address)


@pytest.fixture
def database(conninfo: str) -> Iterator[psycopg.Connection]:
    """The tester's own way into the ledger's rows."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        yield connection


@pytest.fixture
async def ledger(conninfo: str) -> AsyncIterator[LedgerWriter]:
    """A writer on the empty ledger; whatever the test did, the books must balance in the end."""
    writer = LedgerWriter(conninfo)
    await writer.start()
    yield writer
    await writer.close()


@pytest.fixture
def clean_in_the_end(conninfo: str) -> Iterator[None]:
    yield
    assert violations(conninfo) == []


@pytest.fixture
def meter() -> MeterKey:
    return build.meter_key()


@pytest.fixture
def old_month(database: psycopg.Connection) -> Iterator[None]:
    """Partitions of a month that has long passed."""
    with partitions_of(database, OLD):
        yield


@pytest.fixture
async def settled(
    old_month: None, ledger: LedgerWriter, database: psycopg.Connection, meter: MeterKey
) -> UUID:
    """A call of the old month that used six of its ten tokens; today's calls used five more."""
    old = await held_since(OLD, ledger, database, build.line(meter))
    await ledger.submit(build.settle(old, 6))
    today = build.reserve(build.line(meter))
    await ledger.submit(today)
    await ledger.submit(build.settle(today.reservation_id, 5))
    return old


def empty(conninfo: str) -> None:
    """No rows, and the partitions of the present months."""
    connection = kept_connection(conninfo, "emptying")
    (used,) = connection.execute(USED, [TABLES]).fetchone() or (None,)
    if used:  # to truncate those that are as new would take as long again
        connection.execute(f"TRUNCATE {used} CASCADE".encode(), prepare=False)
    periods.make_partitions(conninfo, datetime.now(UTC))


@pytest.fixture
def optimistic(monkeypatch: pytest.MonkeyPatch) -> OptimisticBatches:
    return OptimisticBatches(monkeypatch)


@pytest.fixture
async def other(conninfo: str) -> AsyncIterator[LedgerWriter]:
    """Another process's writer: it knows nothing of what the first one does."""
    writer = LedgerWriter(conninfo)
    await writer.start()
    yield writer
    await writer.close()
