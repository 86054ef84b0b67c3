"""The lease of a call over HTTP: renewed as long as the call runs, and no call outlives one that could not be."""

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from launcher.postgres import EmbeddedPostgres
from metering.types import ReservationState
from tests.faults.callers import Callers, Told
from tests.faults.deployment import Deployment, billed, running_deployment
from tests.faults.rows import assert_the_ledger_balances, query
from tests.faults.waiting import until

LEASE_S = 5
WITHIN_S = 60
pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture
def deployment(doomed_database: str, tmp_path: Path) -> Iterator[Deployment]:
    environment = {"RESERVATION_LEASE_S": str(LEASE_S), "SWEEP_INTERVAL_S": "1"}
    with running_deployment(doomed_database, tmp_path, places=2, environment=environment) as deployment:
        yield deployment


def ask_two(deployment: Deployment, crowd: Callers, **fields: Any) -> list["asyncio.Task[Told]"]:
    """Both of the first gateway."""
    token = deployment.tenant(dimension="cost", window="month", amount=1_000)
    return crowd.ask_two(deployment.gateways.urls[0], token, **fields)


async def held_by_the_vendor(deployment: Deployment, crowd: Callers) -> list["asyncio.Task[Told]"]:
    deployment.vendor.hold()
    asked = ask_two(deployment, crowd)
    await until(lambda: deployment.vendor.log()["at_once"] == 2, within_s=WITHIN_S)
    return asked


def states(deployment: Deployment) -> list[tuple[int, bool]]:
    """State, and whether the charge is provisional."""
    return query(deployment.database, "SELECT state, provisional FROM metering_usagereservation")


async def assert_stopped_and_charged_as_held(
    deployment: Deployment, asked: list["asyncio.Task[Told]"]
) -> None:
    """The caller is told, the vendor's connection is cut, and what it may bill is booked."""
    whole, streamed = await asyncio.gather(*asked)
    assert (whole.status, whole.code) == (503, "metering_unavailable")
    assert streamed.code == "metering_unavailable"  # its headers may have gone before
    await until(lambda: deployment.vendor.log()["at_once"] == 0, within_s=WITHIN_S)
    await until(
        lambda: [row["outcome"] for row in deployment.rows().values()] == ["cancelled"] * 2, within_s=WITHIN_S
    )
    await until(lambda: not any(provisional for _, provisional in states(deployment)), within_s=WITHIN_S)
    assert all(row["estimated"] for row in deployment.rows().values())
    assert query(deployment.database, "SELECT sum(held) FROM metering_usagemeter") == [(0,)]
    assert_the_ledger_balances(deployment.database)


async def test_a_call_that_takes_longer_than_its_lease_is_settled_as_billed(
    deployment: Deployment, crowd: Callers
) -> None:
    asked = ask_two(deployment, crowd, text=f"vendor:slow={1.6 * LEASE_S}")
    assert [told.whole for told in await asyncio.gather(*asked)] == [True, True]
    rows = deployment.rows()
    for call in deployment.vendor.log()["calls"]:
        row = rows[call["attempt_id"]]
        assert (row["outcome"], {name: row[name] for name in billed(call)}) == ("ok", billed(call))
    assert states(deployment) == [(ReservationState.SETTLED, False)] * 2
    assert_the_ledger_balances(deployment.database)


async def test_a_gateway_that_was_frozen_past_the_lease_stops_its_calls(
    deployment: Deployment, crowd: Callers
) -> None:
    asked = await held_by_the_vendor(deployment, crowd)
    deployment.gateways.send_signal(0, signal.SIGSTOP)
    try:
        await until(lambda: states(deployment) == [(ReservationState.EXPIRED, True)] * 2, within_s=WITHIN_S)
        assert [row["outcome"] for row in deployment.rows().values()] == ["provisional"] * 2
    finally:
        deployment.gateways.send_signal(0, signal.SIGCONT)
    await assert_stopped_and_charged_as_held(deployment, asked)


async def test_a_call_does_not_outlive_its_lease_while_the_database_is_away(
    deployment: Deployment, crowd: Callers, doomed_server: EmbeddedPostgres
) -> None:
    asked = await held_by_the_vendor(deployment, crowd)
    await asyncio.to_thread(doomed_server.stop, "immediate")
    await until(lambda: deployment.vendor.log()["at_once"] == 0, within_s=WITHIN_S)
    await asyncio.to_thread(doomed_server.start)
    await assert_stopped_and_charged_as_held(deployment, asked)
