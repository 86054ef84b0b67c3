"""An empty ledger on the run's own PostgreSQL, and a writer for it.

The ledger commits on connections of its own, so its tables are emptied before each test instead of rolled back.
"""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from django.conf import settings

from metering.ledger import periods
from metering.ledger.audit import verify_ledger
from metering.ledger.writer import LedgerWriter

EMPTY = """
TRUNCATE metering_usagemeter, metering_usagereservation, metering_usagelog, metering_ledgerentry,
    metering_closingbalance, metering_ledgerperiod, metering_usagerollup, metering_quotaalert CASCADE
"""


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
    assert verify_ledger(conninfo) == []


def empty(conninfo: str) -> None:
    """No rows, and the partitions of the present months."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(EMPTY)
    periods.make_partitions(conninfo, datetime.now(UTC))
