"""PostgreSQL goes away: calls that a rule lets in proceed, and the books are the vendor's when it is back."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.callers import Callers
from tests.faults.deployment import Deployment, billed, running_deployment
from tests.faults.proxy import Proxy, proxy_to
from tests.faults.rows import assert_the_ledger_balances, query
from tests.faults.waiting import until

PLACES = 2
WITHIN_S = 60
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture
async def proxy(database: str) -> AsyncIterator[Proxy]:
    async with proxy_to(database) as proxy:
        yield proxy


@pytest.fixture
async def away_from(proxy: Proxy, database: str, tmp_path: Path) -> AsyncIterator[Deployment]:
    """Its gateways reach the database through the proxy."""
    (folder := tmp_path / "deployment").mkdir()
    loop = asyncio.get_running_loop()
    entered = running_deployment(proxy.url, folder, places=PLACES, log=(tmp_path / "log").open("a"))
    deployment = await loop.run_in_executor(None, entered.__enter__)
    yield replace(deployment, database=database)  # tests look past the proxy
    proxy.is_away = False
    await loop.run_in_executor(None, entered.__exit__, None, None, None)


async def test_calls_that_a_rule_lets_in_are_booked_when_it_is_back(
    away_from: Deployment, proxy: Proxy, database: str, crowd: Callers
) -> None:
    deployment = away_from
    token = await asyncio.to_thread(deployment.tenant, dimension="cost", window="month", amount=1_000)
    manage = deployment.gateways.manage
    await asyncio.to_thread(manage, "set_rule", "--key", "on_metering_failure", "--value", "open")
    await asyncio.sleep(1)
    for url in deployment.gateways.urls:
        assert (await crowd.ask(url, token)).whole

    proxy.go_away()
    told = await crowd.ask_many(deployment.gateways.urls, token, 12)
    assert [each.whole for each in told] == [True] * 12, told
    assert query(database, "SELECT count(*) FROM metering_usagelog") == [(2,)]

    proxy.is_away = False
    await until(lambda: len(deployment.rows()) == 14, within_s=WITHIN_S)
    log = {call["attempt_id"]: billed(call) for call in deployment.vendor.log()["calls"]}
    rows = {id_: {name: row[name] for name in log[id_]} for id_, row in deployment.rows().items()}
    assert rows == log
    assert_the_ledger_balances(database)
