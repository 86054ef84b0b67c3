"""SIGTERM to the server as it runs in production: calls end, or are ended in time, and nothing stays held."""

import asyncio
import signal
import time

import pytest

from gateway_project.asgi import DRAIN_S
from tests.faults.callers import Callers, Told
from tests.faults.deployment import Deployment
from tests.faults.gateways import status_of
from tests.faults.production import STOP_TIMEOUT_S, Production
from tests.faults.rows import assert_the_ledger_balances, query
from tests.faults.waiting import METRICS_TOKEN, until, waiting_for_room

WITHIN_S = 30
pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture(autouse=True)
def metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METRICS_TOKEN", METRICS_TOKEN)


async def two_calls_at_the_vendor(
    deployment: Deployment, server: Production, crowd: Callers
) -> list["asyncio.Task[Told]"]:
    """One whole and one streamed, neither of them answered."""
    token = deployment.tenant(dimension="cost", window="month", amount=1_000)
    deployment.vendor.hold()
    asked = crowd.ask_two(server.url, token)
    await until(lambda: deployment.vendor.log()["at_once"] == 2, within_s=WITHIN_S)
    return asked


async def ended_well(server: Production) -> None:
    assert await asyncio.to_thread(server.process.wait, STOP_TIMEOUT_S) == 0


def assert_nothing_is_held(deployment: Deployment) -> None:
    held = "SELECT count(*) FROM metering_usagereservation WHERE state = 0"
    assert query(deployment.database, held) == [(0,)]
    assert_the_ledger_balances(deployment.database)


async def test_running_calls_end_well_and_no_new_ones_are_taken(
    deployment: Deployment, server: Production, crowd: Callers
) -> None:
    asked = await two_calls_at_the_vendor(deployment, server, crowd)
    server.process.send_signal(signal.SIGTERM)
    await until(lambda: status_of(f"{server.url}/health/live") == 0, within_s=WITHIN_S)
    await asyncio.to_thread(deployment.vendor.open)
    told = await asyncio.gather(*asked)
    assert [each.whole for each in told] == [True, True]
    await ended_well(server)
    assert [row["outcome"] for row in deployment.rows().values()] == ["ok", "ok"]
    assert_nothing_is_held(deployment)


async def test_calls_that_wait_for_room_are_refused_at_once(
    deployment: Deployment, server: Production, crowd: Callers
) -> None:
    token = deployment.tenant(plan="PATIENT")
    deployment.vendor.hold()
    running = asyncio.create_task(crowd.ask(server.url, token))
    await until(lambda: deployment.vendor.log()["at_once"] == 1, within_s=WITHIN_S)
    waiting = crowd.ask_two(server.url, token)
    await until(lambda: waiting_for_room(server.url) == 2, within_s=WITHIN_S)
    server.process.send_signal(signal.SIGTERM)
    told = await asyncio.gather(*waiting)
    assert [(each.status, each.code) for each in told] == [(429, "concurrency_exceeded")] * 2
    assert server.process.poll() is None, "it waits for the call that runs"
    await asyncio.to_thread(deployment.vendor.open)
    assert (await running).whole
    await ended_well(server)
    assert_nothing_is_held(deployment)


async def test_calls_that_do_not_end_are_ended_and_charged_as_held(
    deployment: Deployment, server: Production, crowd: Callers
) -> None:
    asked = await two_calls_at_the_vendor(deployment, server, crowd)
    began = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    whole, streamed = await asyncio.gather(*asked)
    assert (whole.status, whole.code) == (503, "metering_unavailable")
    assert (streamed.status, streamed.code) == (200, "metering_unavailable"), "its headers went long before"
    assert time.monotonic() - began >= DRAIN_S
    await ended_well(server)
    rows = deployment.rows().values()
    assert [(row["outcome"], row["estimated"]) for row in rows] == [("cancelled", True)] * 2
    assert_nothing_is_held(deployment)
