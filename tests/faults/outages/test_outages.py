"""The database goes away, and the books are the vendor's afterwards (`script/bench outages`: more)."""

import asyncio
import json
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.postgres import EmbeddedPostgres
from metering.snapshots.changes import DEAF_AFTER_S
from tests.faults.callers import Callers
from tests.faults.outages.bill import assert_ledger_is_the_bill, files_of
from tests.faults.outages.outage import happens
from tests.faults.outages.plan import MANNERS, PLACES, outage_of
from tests.faults.outages.world import World, running_world
from tests.faults.waiting import until

WITHIN_S = 60
IN_THE_SUITE = ("during", "killed_at_a_step", "disk_full", "torn", "telling_cut")
CALLS = 8
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def world(
    _doomed_server: EmbeddedPostgres, shared_doomed_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    folder: Path = tmp_path_factory.mktemp("outages")
    with running_world(_doomed_server, shared_doomed_database, folder) as world:
        yield world


@pytest.mark.parametrize("manner", IN_THE_SUITE)
async def test_after_an_outage_the_books_are_as_the_vendor_has_them(
    world: World, crowd: Callers, manner: str
) -> None:
    outage = outage_of(MANNERS.index(manner))
    slug, told = await happens(world, outage, crowd)
    billed = await assert_ledger_is_the_bill(world, slug, told)
    assert billed.calls


async def test_calls_are_let_in_as_far_as_the_process_knows_and_booked_by_command_if_nobody_comes_back(
    world: World, crowd: Callers
) -> None:
    """Both processes are killed, and only the command is run."""
    gateways, deployment = world.deployment.gateways, world.deployment
    token = await asyncio.to_thread(deployment.tenant, dimension="requests", window="total", amount=3)
    slug = deployment.slugs[-1]
    unknown = await asyncio.to_thread(deployment.tenant)
    await asyncio.sleep(DEAF_AFTER_S)  # the news of both have come: what is read from now on stays known
    before = [await crowd.ask(url, token) for url in gateways.urls]

    world.take_database_away(stop=False)
    unseen = await crowd.ask_many(gateways.urls, token, CALLS)
    keyed = await crowd.ask(gateways.urls[0], token, headers={"idempotency-key": "once"})
    stranger = await crowd.ask(gateways.urls[0], unknown)
    health = await asyncio.to_thread(ready, gateways.urls[0])
    for place in range(PLACES):
        gateways.send_signal(place, signal.SIGKILL)
    await until(lambda: all(map(gateways.ended, range(PLACES))), within_s=WITHIN_S)
    content = b"".join([path.read_bytes() for path in files_of(world)])
    world.bring_database_back()
    replayed = await asyncio.to_thread(gateways.manage, "replay_spool")
    again = await asyncio.to_thread(gateways.manage, "replay_spool")

    assert [each.whole for each in [*before, *unseen]] == [True] * (2 + CALLS)
    assert [(each.status, each.code) for each in (keyed, stranger)] == [(503, "metering_unavailable")] * 2
    assert (health["status"], health["checks"]["spool"]) == ("degraded", "degraded")
    assert content.count(b"LLMSPOOL") == PLACES
    assert [secret in content for secret in (token.encode(), b"hello", b"vendor-key")] == [False] * 3
    assert replayed == {"files": PLACES, "calls": CALLS, "refused": 0, "damaged": 0, "unreadable": 0}
    assert again == {"files": 0, "calls": 0, "refused": 0, "damaged": 0, "unreadable": 0}
    [budget] = await asyncio.to_thread(gateways.manage, "budget_status", "--tenant", slug)
    assert (budget["used"], budget["limit"], budget["uncovered"]) == (2 + CALLS, 3, 2 + CALLS - 3)
    assert files_of(world) == []
    for place in range(PLACES):
        await asyncio.to_thread(gateways.start, place)
    await asyncio.to_thread(gateways.wait_until_ready)
    await assert_ledger_is_the_bill(world, slug, [*before, *unseen])


async def test_a_database_that_says_nothing_is_away_too(world: World, crowd: Callers) -> None:
    """Frozen, or behind a cut cable: no connection ends, and no read fails."""
    url = world.deployment.gateways.urls[0]
    token = await asyncio.to_thread(world.deployment.tenant)
    before = await crowd.ask(url, token)
    world.proxy.fall_silent()
    await asyncio.sleep(DEAF_AFTER_S + 1)
    told = []
    async with asyncio.timeout(WITHIN_S):
        for _ in range(CALLS):
            told.append(await crowd.ask(url, token))
    world.bring_database_back()
    assert before.whole
    assert any(each.whole for each in told)
    assert {each.code for each in told if not each.whole} <= {"metering_unavailable"}
    await assert_ledger_is_the_bill(world, world.deployment.slugs[-1], [before, *told])


def ready(url: str) -> dict[str, object]:
    with urllib.request.urlopen(f"{url}/health/ready", timeout=20) as answer:  # noqa: S310
        shown: dict[str, object] = json.load(answer)
        return shown
