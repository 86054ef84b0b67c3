"""The hourly sums are the log, grouped; however often and whenever they are made."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
from msgspec.structs import replace

from metering.ledger.commands import Expire
from metering.ledger.partitions import month_of
from metering.ledger.roll_up import roll_up_usage
from metering.ledger.writer import LedgerWriter
from tests.integration.metering.ledger import stored
from tests.integration.metering.ledger.months import held_since
from tests.support import build

SUMS = "attempts, input_tokens, output_tokens, cached_input_tokens, cache_write_tokens, reasoning_tokens, cost_nano_usd"
WHO = "tenant_id, team_id, user_id, token_id, task, request_model, provider_name"
ROLLED = (
    f"SELECT hour, {WHO}, {SUMS} FROM metering_usagerollup ORDER BY hour, tenant_id, user_id, provider_name"
)
GROUPED = f"""
SELECT date_trunc('hour', metering_moment(id)), {WHO}, count(*), sum(input_tokens), sum(output_tokens),
    sum(cached_input_tokens), sum(cache_write_tokens), sum(reasoning_tokens), sum(cost_nano_usd)
FROM metering_usagelog GROUP BY 1, {WHO} ORDER BY 1, tenant_id, user_id, provider_name
"""


def now() -> datetime:
    return datetime.now(UTC)


def tables(database: psycopg.Connection) -> tuple[list[Any], list[Any]]:
    return database.execute(ROLLED).fetchall(), database.execute(GROUPED).fetchall()


async def used(ledger: LedgerWriter, tenant: Any = build.ALDER, *vendors: str) -> None:
    labels = replace(build.LABELS, user_id=uuid4() if vendors else None, request_model="small")
    command = build.reserve(build.line(build.meter_key(tenant_id=tenant)), tenant_id=tenant, labels=labels)
    await ledger.submit(command)
    attempts = tuple(
        build.attempt(number, vendor, input_tokens=5, output_tokens=6, cached_input_tokens=2, cost_nano_usd=7)
        for number, vendor in enumerate(vendors or ("sandbox",), 1)
    )
    await ledger.submit(build.settle(command.reservation_id, attempts=attempts))


async def test_the_sums_are_the_log_grouped(
    ledger: LedgerWriter, database: psycopg.Connection, conninfo: str
) -> None:
    for tenant in (build.ALDER, build.ALDER, build.BIRCH):
        await used(ledger, tenant)
        await used(ledger, tenant, "sandbox", "elsewhere")

    assert roll_up_usage(conninfo, now()) in (1, 2)

    rolled, grouped = tables(database)
    assert rolled == grouped
    assert rolled


async def test_a_second_run_changes_nothing(
    ledger: LedgerWriter, database: psycopg.Connection, conninfo: str
) -> None:
    await used(ledger)
    roll_up_usage(conninfo, now())
    first, _ = tables(database)

    roll_up_usage(conninfo, now())

    assert tables(database) == (first, first)


async def test_a_late_truth_changes_the_hour_of_its_reservation(
    ledger: LedgerWriter, database: psycopg.Connection, conninfo: str
) -> None:
    id_ = await held_since(month_of(now()), ledger, database, build.line(build.meter_key()))
    stored.run_out(database, id_)
    await ledger.submit(Expire(reservation_id=id_))
    roll_up_usage(conninfo, now())
    await ledger.submit(build.settle(id_, 3))

    roll_up_usage(conninfo, now())

    [row], grouped = tables(database)
    assert [row] == grouped
    assert row[10] == 3
    assert row[0].day == 15


async def test_days_without_a_worker_are_made_up_for(
    ledger: LedgerWriter, database: psycopg.Connection, conninfo: str
) -> None:
    await used(ledger)
    roll_up_usage(conninfo, now())
    await used(ledger)

    roll_up_usage(conninfo, now() + timedelta(days=3))

    rolled, grouped = tables(database)
    assert rolled == grouped


async def test_hours_that_did_not_change_are_left_alone(
    ledger: LedgerWriter, database: psycopg.Connection, conninfo: str
) -> None:
    await used(ledger)
    roll_up_usage(conninfo, now())
    database.execute("UPDATE metering_usagelog SET recorded_at = now() - interval '5 hours'")
    database.execute("UPDATE metering_usagerollup SET attempts = 77")

    assert roll_up_usage(conninfo, now()) == 0
    assert tables(database)[0][0][8] == 77


def test_an_empty_log_has_no_sums(conninfo: str) -> None:
    assert roll_up_usage(conninfo, now()) == 0


async def test_two_workers_at_once_do_not_sum_twice(
    ledger: LedgerWriter, database: psycopg.Connection, conninfo: str
) -> None:
    for _ in range(10):
        await used(ledger)

    threads = [threading.Thread(target=roll_up_usage, args=(conninfo, now())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    rolled, grouped = tables(database)
    assert rolled == grouped
