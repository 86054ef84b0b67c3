"""The sweeper beside a faster one, without a connection, without a database."""

from typing import Any

import psycopg
import pytest

from metering.ledger.commands import Expire
from metering.ledger.postgres.store import PostgresStore
from metering.ledger.sweep import Swept, sweep_reservations
from metering.ledger.writer import LedgerWriter
from tests.integration.metering.ledger import stored
from tests.support import build


async def test_a_sweep_reports_only_what_it_ended_itself(
    ledger: LedgerWriter, database: psycopg.Connection, conninfo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = await stored.held(ledger, build.line(build.meter_key(), 1, 1000), count=5)
    stored.run_out(database, *gone)
    run, late_ones = PostgresStore.run, gone[:3]

    async def run_late(store: PostgresStore, *args: Any, **facts: Any) -> Any:
        """Another sweeper is faster with three of them."""
        with monkeypatch.context() as patch:
            patch.setattr(PostgresStore, "run", run)
            for id_ in late_ones:
                await ledger.submit(Expire(reservation_id=id_))
        late_ones.clear()
        return await run(store, *args, **facts)

    monkeypatch.setattr(PostgresStore, "run", run_late)

    assert await sweep_reservations(conninfo) == Swept(expired=2, left=0)


async def test_a_sweep_outlives_a_lost_connection(
    ledger: LedgerWriter, database: psycopg.Connection, conninfo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored.run_out(database, *await stored.held(ledger, build.line(build.meter_key())))
    failing(monkeypatch, times=2)

    assert await sweep_reservations(conninfo) == Swept(expired=1, left=0)


async def test_a_sweep_gives_up_on_a_database_that_stays_away(
    ledger: LedgerWriter, database: psycopg.Connection, conninfo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored.run_out(database, *await stored.held(ledger, build.line(build.meter_key())))
    failing(monkeypatch, times=1000)

    with pytest.raises(psycopg.OperationalError):
        await sweep_reservations(conninfo)


def failing(monkeypatch: pytest.MonkeyPatch, *, times: int) -> None:
    """The next batches lose their connection."""
    run = PostgresStore.run
    left = iter(range(times))

    async def run_or_fail(store: PostgresStore, *args: Any, **facts: Any) -> Any:
        if next(left, None) is not None:
            raise psycopg.OperationalError("the connection was lost")
        return await run(store, *args, **facts)

    monkeypatch.setattr(PostgresStore, "run", run_or_fail)
