"""PostgreSQL and Redis go away and come back under load: clear answers meanwhile, recovery by itself, clean books."""

import asyncio
import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.postgres import EmbeddedPostgres
from launcher.redis import EmbeddedRedis
from metering.ledger.writer import DEADLINE_S
from tests.faults.callers import Callers, Told
from tests.faults.deployment import Deployment, running_deployment
from tests.faults.gateways import status_of
from tests.faults.load import Load, assert_each_is_charged_once, assert_settled_is_what_was_billed
from tests.faults.rows import assert_the_ledger_balances
from tests.faults.waiting import until

PLACES = 2
WITHIN_S = 60
TURNED_AWAY = 20
RESTARTS = 3
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture
def deployment(doomed_database: str, own_redis: EmbeddedRedis, tmp_path: Path) -> Iterator[Deployment]:
    environment = {"REDIS_URL": own_redis.url, "RATE_LIMIT_TIMEOUT_S": "0.25"}
    with running_deployment(doomed_database, tmp_path, places=PLACES, environment=environment) as deployment:
        yield deployment


@pytest.fixture
async def load(deployment: Deployment, crowd: Callers) -> Load:
    return Load(
        deployment, crowd, deployment.tenant(plan="RATED", dimension="cost", window="month", amount=1_000)
    )


def readiness(deployment: Deployment) -> list[tuple[int, str]]:
    """Status and word of each gateway's own report."""
    return [_ready(f"{url}/health/ready") for url in deployment.gateways.urls]


def _ready(url: str) -> tuple[int, str]:
    status = status_of(url)
    if status != 200:
        return status, ""
    with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310
        return status, json.load(answer)["status"]


async def until_ready(deployment: Deployment, word: str = "ok") -> None:
    await until(lambda: readiness(deployment) == [(200, word)] * PLACES, within_s=WITHIN_S)


def assert_turned_away(told: Told) -> None:
    assert (told.status, told.code) == (503, "metering_unavailable")
    assert told.headers["retry-after"] == "1"
    assert told.error["request_id"] == told.request_id


def assert_clean(load: Load) -> None:
    """No gateway died, so every call at the vendor is booked with what was billed."""
    deployment = load.deployment
    log = {call["attempt_id"]: call for call in deployment.vendor.log()["calls"]}
    assert_settled_is_what_was_billed(deployment.rows(), log, provisional=set())
    assert_each_is_charged_once(deployment.database)
    assert_the_ledger_balances(deployment.database)


async def test_while_the_database_is_away_calls_are_turned_away_and_running_ones_end_well(
    doomed_server: EmbeddedPostgres, load: Load
) -> None:
    deployment, urls = load.deployment, load.deployment.gateways.urls
    await asyncio.to_thread(deployment.vendor.hold)
    running = [
        asyncio.create_task(load.crowd.ask(urls[number % PLACES], load.token, streamed=number < 2))
        for number in range(4)
    ]
    await until(lambda: deployment.vendor.log()["at_once"] == 4, within_s=WITHIN_S)
    await asyncio.to_thread(doomed_server.stop, "immediate")

    began = asyncio.get_running_loop().time()
    turned_away = await load.crowd.ask_many(urls, load.token, TURNED_AWAY)
    assert asyncio.get_running_loop().time() - began < 2 * DEADLINE_S
    for told in turned_away:
        assert_turned_away(told)
    assert {status for status, _ in readiness(deployment)} == {503}
    assert deployment.vendor.log()["at_once"] == 4, "a call was sent without a reservation"

    await asyncio.to_thread(deployment.vendor.open)
    assert [told.whole for told in await asyncio.gather(*running)] == [True] * 4
    await asyncio.to_thread(doomed_server.start)
    await until_ready(deployment)
    again = await load.crowd.ask_many(urls, load.token, TURNED_AWAY)
    assert all(told.whole for told in again)
    await until(lambda: len(deployment.rows()) == 4 + TURNED_AWAY, within_s=WITHIN_S)
    assert_clean(load)


async def test_a_database_that_restarts_under_load_loses_no_call(
    doomed_server: EmbeddedPostgres, load: Load
) -> None:
    running = asyncio.create_task(load.run())
    for _ in range(RESTARTS):
        await load.answered(more=50)
        await asyncio.to_thread(doomed_server.stop, "immediate")
        await asyncio.to_thread(doomed_server.start)
    await load.answered(more=50)
    load.over.set()
    await asyncio.wait_for(running, WITHIN_S)
    for told in load.told:
        if not told.whole:
            assert_turned_away(told)
    await until_ready(load.deployment)
    await until(
        lambda: len(load.deployment.rows()) == len(load.deployment.vendor.log()["calls"]), within_s=WITHIN_S
    )
    assert_clean(load)


async def test_while_redis_is_away_no_call_fails(own_redis: EmbeddedRedis, load: Load) -> None:
    running = asyncio.create_task(load.run())
    for _ in range(RESTARTS):
        await load.answered(more=50)
        await asyncio.to_thread(own_redis.stop)
        await load.answered(more=50)
        await until_ready(load.deployment, "degraded")
        await asyncio.to_thread(own_redis.start)
        await until_ready(load.deployment)
    load.over.set()
    await asyncio.wait_for(running, WITHIN_S)
    assert [told for told in load.told if not told.whole] == []
    assert_clean(load)
