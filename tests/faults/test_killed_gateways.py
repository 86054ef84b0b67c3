"""kill -9 of gateway processes under load: the vendor's own log equals the usage rows, and what was cut is flagged."""

import asyncio
import random
import signal
from collections.abc import Iterator

import pytest

from tests.faults.callers import Callers
from tests.faults.deployment import Deployment, running_deployment
from tests.faults.load import (
    CALLERS,
    WITHIN_S,
    Load,
    assert_each_is_charged_once,
    assert_settled_is_what_was_billed,
)
from tests.faults.rows import assert_the_ledger_balances, sweep_once
from tests.faults.waiting import until, until_leases_are_over

PLACES = 4
KILLS = 50
ALIVE_S = 0.3
"""The longest time that a process is left alone once it answers."""
LEASE_S = 8
pytestmark = [pytest.mark.slow, pytest.mark.timeout(280)]


@pytest.fixture
def deployment(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    environment = {"RESERVATION_LEASE_S": str(LEASE_S), "SWEEP_INTERVAL_S": "1"}
    folder = tmp_path_factory.mktemp("deployment")
    with running_deployment(database, folder, places=PLACES, environment=environment) as deployment:
        yield deployment


async def kill_under(load: Load) -> None:
    """Each process that dies is replaced at once; the next dies once calls are answered again."""
    dice = random.Random(7)
    gateways = load.deployment.gateways
    for _ in range(KILLS):
        await load.answered(more=PLACES)
        await asyncio.sleep(dice.uniform(0, ALIVE_S))
        place = dice.randrange(PLACES)
        gateways.send_signal(place, signal.SIGKILL)
        await until(lambda place=place: gateways.ended(place), within_s=WITHIN_S)
        gateways.start(place)
    await load.answered(more=CALLERS)


async def test_fifty_kills_under_load_lose_nothing_and_count_nothing_twice(
    deployment: Deployment, crowd: Callers
) -> None:
    load = Load(deployment, crowd, deployment.tenant(dimension="cost", window="month", amount=1_000))
    running = asyncio.create_task(load.run())
    await kill_under(load)
    load.over.set()
    await asyncio.wait_for(running, WITHIN_S)
    deployment.gateways.stop()
    await until_leases_are_over(deployment.database)
    await sweep_once(deployment.database)

    rows, log = deployment.rows(), {call["attempt_id"]: call for call in deployment.vendor.log()["calls"]}
    provisional = {id_ for id_, row in rows.items() if row["outcome"] == "provisional"}
    cut = {told.request_id for told in load.told if not told.whole}
    assert_settled_is_what_was_billed(rows, log, provisional)
    # Whoever got a whole answer is booked with the truth; a provisional row belongs to a call that was cut.
    assert {rows[id_]["request_id"] for id_ in provisional} <= cut
    assert {told.request_id for told in load.told if told.whole} <= {
        row["request_id"] for id_, row in rows.items() if id_ not in provisional
    }
    assert len(provisional & log.keys()) > 0, "no kill met a call at the vendor"
    assert_each_is_charged_once(deployment.database)
    assert_the_ledger_balances(deployment.database, grace_s=0)
    print(
        f"{KILLS} kills, {len(load.told)} calls: {load.whole} whole, {len(log)} at the vendor,"
        f" {len(provisional)} provisional"
    )
