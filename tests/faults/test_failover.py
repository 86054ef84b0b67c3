"""The primary is gone and its standby takes its place: gateways find it by themselves, and the books say what was."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from launcher.postgres import EmbeddedPostgres
from tests.faults.callers import Callers
from tests.faults.deployment import Deployment, running_deployment
from tests.faults.gateways import status_of
from tests.faults.load import Load, assert_each_is_charged_once, assert_settled_is_what_was_billed
from tests.faults.rows import assert_the_ledger_balances, query
from tests.faults.test_outages_over_http import PLACES, assert_turned_away, until_ready
from tests.faults.waiting import until
from tests.support.replicas import configure, kill, promote, standby_of, url_of_both

WITHIN_S = 60
ENOUGH = 50
"""Calls before and after."""
READ_ONLY = "default_transaction_read_only"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture
def standby(
    doomed_server: EmbeddedPostgres, doomed_database: str, tmp_path: Path
) -> Iterator[EmbeddedPostgres]:
    with standby_of(doomed_server, tmp_path / "standby", synchronous=True) as standby:
        yield standby
    doomed_server.start()
    for name in ("synchronous_standby_names", READ_ONLY):
        configure(doomed_server, name, "")


@pytest.fixture
def deployment(
    doomed_server: EmbeddedPostgres, standby: EmbeddedPostgres, doomed_database: str, tmp_path: Path
) -> Iterator[Deployment]:
    both = url_of_both(doomed_database, doomed_server, standby)
    with running_deployment(both, tmp_path, places=PLACES) as deployment:
        yield deployment


def lose(primary: EmbeddedPostgres) -> None:
    kill(primary)


def demote(primary: EmbeddedPostgres) -> None:
    """Its connections live on, and take no more writes."""
    configure(primary, READ_ONLY, "on")


@pytest.mark.parametrize("leave", [lose, demote])
async def test_a_failover_to_a_synchronous_standby_loses_nothing_and_counts_nothing_twice(
    doomed_server: EmbeddedPostgres,
    standby: EmbeddedPostgres,
    deployment: Deployment,
    crowd: Callers,
    leave: Callable[[EmbeddedPostgres], None],
) -> None:
    load = Load(deployment, crowd, deployment.tenant(dimension="cost", window="month", amount=1_000))
    running = asyncio.create_task(load.run())
    await load.answered(more=ENOUGH)
    await asyncio.to_thread(leave, doomed_server)
    await asyncio.to_thread(promote, standby)
    await load.answered(more=ENOUGH)
    load.over.set()
    await asyncio.wait_for(running, WITHIN_S)

    for told in load.told:
        if not told.whole:
            assert_turned_away(told)
    await until_ready(deployment)
    await until(lambda: len(deployment.rows()) == len(deployment.vendor.log()["calls"]), within_s=WITHIN_S)
    log = {call["attempt_id"]: call for call in deployment.vendor.log()["calls"]}
    assert_settled_is_what_was_billed(deployment.rows(), log, provisional=set())
    assert_each_is_charged_once(deployment.database)
    assert_the_ledger_balances(deployment.database)
    await assert_changes_on_the_new_primary_are_heard(deployment, load.token)


async def assert_changes_on_the_new_primary_are_heard(deployment: Deployment, token: str) -> None:
    """Nobody still reads from the old one, or listens there."""

    def answers() -> list[int]:
        return [status_of(f"{url}/v1/models", token) for url in deployment.gateways.urls]

    assert answers() == [200] * PLACES
    query(deployment.database, "UPDATE metering_atitoken SET revoked_at = now()")
    await until(lambda: answers() == [401] * PLACES, within_s=WITHIN_S)
