"""Calls with several tags in a conversation, asked for at once over four gateways: each one's budget is exact, also one
that is made later.
"""

import asyncio
from collections.abc import Iterator

import pytest

from tests.faults.callers import Callers, Told
from tests.faults.deployment import Deployment, running_deployment
from tests.faults.rows import assert_the_ledger_balances, query

APOLLO, CENTRE, BERLIN = "project=apollo", "cost-centre=7", "place=berlin"
ROOM = {APOLLO: 40, CENTRE: 60}
TALK, TALKS_ROOM = "talk-7", 20
LATER = 5
pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture
def deployment(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with running_deployment(database, tmp_path_factory.mktemp("deployment"), places=4) as deployment:
        deployment.gateways.manage("create_tenant", "--slug", "alder", "--name", "Alder")
        for tag, amount in ROOM.items():
            set_budget(deployment, amount, "--tag", tag)
        set_budget(deployment, TALKS_ROOM, "--conversation", TALK)
        yield deployment


def set_budget(deployment: Deployment, amount: int, *whose: str) -> None:
    wanted = ("--dimension", "requests", "--window", "total", "--amount", str(amount))
    deployment.gateways.manage("set_budget", "--tenant", "alder", *whose, *wanted)


def passed(told: list[Told]) -> int:
    return sum(each.whole for each in told)


async def test_each_tags_budget_counts_its_calls_exactly_and_all_or_nothing(
    deployment: Deployment, crowd: Callers
) -> None:
    token = str(deployment.gateways.manage("issue_token", "--tenant", "alder", "--plan", "OPEN")["token"])
    urls = deployment.gateways.urls

    async def ask(count: int, *tags: str, **labels: str) -> list[Told]:
        return await crowd.ask_many(urls, token, count, metadata={"tags": ",".join(tags), **labels})

    both, alone, without, talk = await asyncio.gather(
        ask(150, APOLLO, CENTRE, BERLIN), ask(150, CENTRE), ask(50, BERLIN), ask(60, conversation_id=TALK)
    )
    assert (passed(without), passed(talk)) == (50, TALKS_ROOM)
    assert passed(both) <= ROOM[APOLLO]
    assert passed(both) + passed(alone) == ROOM[CENTRE]
    denied = {told.error["usage"]["budget"] for told in (*both, *alone) if not told.whole}
    assert denied <= {f"tag {APOLLO} requests/total", f"tag {CENTRE} requests/total"}

    before = passed(both) + passed(without)
    set_budget(deployment, before + LATER, "--tag", BERLIN)
    again = await ask(60, BERLIN, "project=gemini")
    assert passed(again) == LATER, "what came before the budget was made counts"

    meters = query(
        deployment.database,
        "SELECT subject_id, used, held, overrun, unenforced FROM metering_usagemeter "
        "WHERE subject_type IN ('tag', 'conversation') ORDER BY subject_type DESC, 1",
    )
    assert meters == [
        (CENTRE, ROOM[CENTRE], 0, 0, 0),
        (BERLIN, before + LATER, 0, 0, 0),
        (APOLLO, passed(both), 0, 0, 0),
        (TALK, TALKS_ROOM, 0, 0, 0),
    ]
    assert_the_ledger_balances(deployment.database)
