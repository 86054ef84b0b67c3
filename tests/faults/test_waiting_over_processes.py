"""Calls that wait for room in two gateway processes, one of which may be killed."""

import asyncio
import signal
from collections.abc import Iterator

import pytest

from tests.faults.callers import Callers
from tests.faults.deployment import Deployment, running_deployment
from tests.faults.rows import assert_the_ledger_balances, query, sweep_once
from tests.faults.waiting import METRICS_TOKEN, until, until_leases_are_over, waiting_for_room

LEASE_S = 5
WAITERS = 40
WITHIN_S = 60
pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def deployment(shared_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("deployment")
    environment = {"RESERVATION_LEASE_S": str(LEASE_S), "METRICS_TOKEN": METRICS_TOKEN}
    with running_deployment(shared_database, folder, places=2, environment=environment) as deployment:
        yield deployment


@pytest.fixture
def token(deployment: Deployment) -> Iterator[str]:
    """Of a tenant whose calls go one by one, and wait for that; both gateways run."""
    for place in (0, 1):
        if deployment.gateways.ended(place):
            deployment.gateways.start(place)
    deployment.gateways.wait_until_ready()
    deployment.vendor.clear()
    yield deployment.tenant(plan="PATIENT")
    deployment.vendor.open()


def held(deployment: Deployment) -> int:
    [[number]] = query(deployment.database, "SELECT count(*) FROM metering_usagereservation WHERE state = 0")
    return int(number)


async def at_the_vendor(deployment: Deployment) -> None:
    await until(lambda: deployment.vendor.log()["at_once"] == 1, within_s=WITHIN_S)


async def test_many_waiters_of_two_processes_go_through_one_place_one_by_one(
    deployment: Deployment, crowd: Callers, token: str
) -> None:
    told = await crowd.ask_many(deployment.gateways.urls, token, WAITERS)
    assert [each.whole for each in told] == [True] * WAITERS
    log = deployment.vendor.log()
    assert (len(log["calls"]), log["most_at_once"]) == (WAITERS, 1)
    assert any("x-gateway-waited-ms" in each.headers for each in told)
    assert held(deployment) == 0
    assert_the_ledger_balances(deployment.database)


async def test_a_process_that_is_killed_leaves_nothing_of_those_who_waited_in_it(
    deployment: Deployment, crowd: Callers, token: str
) -> None:
    doomed, other = deployment.gateways.urls
    deployment.vendor.hold()
    running = asyncio.create_task(crowd.ask(other, token))
    await at_the_vendor(deployment)
    lost = [asyncio.create_task(crowd.ask(doomed, token)) for _ in range(WAITERS)]
    late = asyncio.create_task(crowd.ask(other, token))
    await until(lambda: waiting_for_room(doomed) == WAITERS, within_s=WITHIN_S)
    deployment.gateways.send_signal(0, signal.SIGKILL)
    assert [each.status for each in await asyncio.gather(*lost)] == [0] * WAITERS
    assert held(deployment) == 1
    deployment.vendor.open()
    assert [each.whole for each in await asyncio.gather(running, late)] == [True, True]
    assert len(deployment.vendor.log()["calls"]) == 2
    assert held(deployment) == 0
    assert_the_ledger_balances(deployment.database)


async def test_the_place_of_a_killed_process_is_free_for_others_once_its_lease_is_over(
    deployment: Deployment, crowd: Callers, token: str
) -> None:
    doomed, other = deployment.gateways.urls
    deployment.vendor.hold()
    lost = asyncio.create_task(crowd.ask(doomed, token))
    await at_the_vendor(deployment)
    late = asyncio.create_task(crowd.ask(other, token))
    await until(lambda: waiting_for_room(other) == 1, within_s=WITHIN_S)
    deployment.gateways.send_signal(0, signal.SIGKILL)
    assert (await lost).status == 0
    deployment.vendor.open()
    await until_leases_are_over(deployment.database)
    await sweep_once(deployment.database)
    assert (await late).whole
    assert_the_ledger_balances(deployment.database, grace_s=0)
