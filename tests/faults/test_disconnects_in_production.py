"""Callers who leave the server as it runs in production: each call ends as its plan says."""

import asyncio

import pytest

from tests.faults.callers import Callers
from tests.faults.deployment import Deployment, billed
from tests.faults.production import Production
from tests.faults.rows import assert_the_ledger_balances, query
from tests.faults.waiting import until

WITHIN_S = 30
pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


async def leave_two(deployment: Deployment, server: Production, crowd: Callers, plan: str) -> None:
    """One whole call and one stream, while the vendor thinks."""
    token = deployment.tenant(plan=plan, dimension="cost", window="month", amount=1_000)
    await asyncio.to_thread(deployment.vendor.hold)
    asked = crowd.ask_two(server.url, token)
    await until(lambda: deployment.vendor.log()["at_once"] == 2, within_s=WITHIN_S)
    for task in asked:
        task.cancel()
    await asyncio.gather(*asked, return_exceptions=True)


async def test_a_plan_says_whether_a_call_outlives_its_caller(
    deployment: Deployment, server: Production, crowd: Callers
) -> None:
    await leave_two(deployment, server, crowd, "CANCEL")
    await until(lambda: deployment.vendor.log()["at_once"] == 0, within_s=WITHIN_S)
    await until(lambda: len(deployment.rows()) == 2, within_s=WITHIN_S)
    assert [row["outcome"] for row in deployment.rows().values()] == ["cancelled", "cancelled"]

    deployment.vendor.clear()
    await leave_two(deployment, server, crowd, "OPEN")
    await asyncio.to_thread(deployment.vendor.open)
    await until(lambda: len(deployment.rows()) == 4, within_s=WITHIN_S)
    rows = deployment.rows()
    for call in deployment.vendor.log()["calls"]:
        row = rows[call["attempt_id"]]
        assert (row["outcome"], {name: row[name] for name in billed(call)}) == ("ok", billed(call))
    await until(
        lambda: query(deployment.database, "SELECT sum(held) FROM metering_usagemeter") == [(0,)],
        within_s=WITHIN_S,
    )
    assert_the_ledger_balances(deployment.database)
