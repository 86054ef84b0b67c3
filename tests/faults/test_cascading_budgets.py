"""Budgets of a user, a team and the organisation, on different windows, asked for at once over four gateways."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.faults.callers import Callers, Told
from tests.faults.deployment import Deployment, billed, running_deployment
from tests.faults.rows import assert_the_ledger_balances, query

PER_CALLER = 150
USER_HOURLY, TEAM_DAILY, TENANT_MONTHLY = 30, 70, 110
"""Requests. The tenant's colleagues outside the team want more than the organisation has."""
WEEKLY_USD, SOFT_TOKENS = 100, 1_000
pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@dataclass(frozen=True, kw_only=True)
class Organisation:
    """One tenant: a user with a budget of her own, a colleague in the same team, and one outside it."""

    deployment: Deployment
    slug: str
    tokens: dict[str, str]


def new_row(deployment: Deployment, table: str, **columns: str) -> str:
    """The id of a row that no command makes."""
    names, marks = ", ".join(columns), ", ".join(["%s"] * len(columns))
    statement = f"INSERT INTO {table} (id, {names}) SELECT gen_random_uuid(), {marks} RETURNING id"
    return str(query(deployment.database, statement, tuple(columns.values()))[0][0])


@pytest.fixture
def organisation(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Organisation]:
    slug = "alder"
    with running_deployment(database, tmp_path_factory.mktemp("deployment"), places=4) as deployment:
        manage = deployment.gateways.manage
        manage("create_tenant", "--slug", slug, "--name", "Alder", "--timezone", "America/New_York")
        [(tenant_id,)] = query(database, "SELECT id::text FROM metering_tenant")
        new_row(deployment, "metering_team", tenant_id=tenant_id, slug="lab", name="Lab", created_at="now")
        facts = {"tenant_id": tenant_id, "role": "MEMBER", "password": "!", "name": "", "date_joined": "now"}
        flags = {"is_active": "true", "is_staff": "false", "is_superuser": "false"}
        for name in ("ann", "bob", "cid"):
            new_row(deployment, "metering_user", email=f"{name}@example.com", **facts, **flags)
        for owner, dimension, window, amount, *more in (
            (("--user", "ann@example.com"), "requests", "hour", USER_HOURLY),
            (("--team", "lab"), "requests", "day", TEAM_DAILY),
            ((), "requests", "month", TENANT_MONTHLY),
            ((), "cost", "week", WEEKLY_USD),
            ((), "tokens", "total", SOFT_TOKENS, "--soft"),
        ):
            wanted = ("--dimension", dimension, "--window", window, "--amount", str(amount), *more)
            manage("set_budget", "--tenant", slug, *owner, *wanted)

        def token(name: str, *team: str) -> str:
            options = ("--plan", "OPEN", "--user", f"{name}@example.com", *team)
            return str(manage("issue_token", "--tenant", slug, *options)["token"])

        tokens = {
            "ann": token("ann", "--team", "lab"),
            "bob": token("bob", "--team", "lab"),
            "cid": token("cid"),
        }
        yield Organisation(deployment=deployment, slug=slug, tokens=tokens)


def full_budgets(denied: list[Told]) -> Counter[str]:
    """Which budget each denial names; it has no room for one request more, counting what is in flight."""
    for told in denied:
        usage = told.error["usage"]
        only_held = usage["current"] + 1 <= usage["limit"]
        code = "budget_reserved" if only_held else "budget_exceeded"
        assert (told.status, told.code, usage["requested"]) == (429, code, 1)
        assert usage["current"] + usage["held"] == usage["limit"]
    return Counter(told.error["usage"]["budget"] for told in denied)


async def test_no_budget_of_any_level_is_passed_and_denials_name_the_right_one(
    organisation: Organisation, crowd: Callers
) -> None:
    deployment = organisation.deployment
    urls = deployment.gateways.urls
    answers = dict(
        zip(
            organisation.tokens,
            await asyncio.gather(
                *[crowd.ask_many(urls, token, PER_CALLER) for token in organisation.tokens.values()]
            ),
            strict=True,
        )
    )
    passed = {name: sum(told.whole for told in told_all) for name, told_all in answers.items()}
    assert passed["ann"] <= USER_HOURLY
    assert passed["ann"] + passed["bob"] <= TEAM_DAILY
    assert sum(passed.values()) == TENANT_MONTHLY

    named = {
        name: full_budgets([told for told in told_all if not told.whole])
        for name, told_all in answers.items()
    }
    assert set(named["cid"]) == {"tenant requests/month"}
    assert set(named["bob"]) <= {"team requests/day", "tenant requests/month"}
    assert set(named["ann"]) <= {"user requests/hour", "team requests/day", "tenant requests/month"}

    calls = deployment.vendor.log()["calls"]
    assert len(calls) == TENANT_MONTHLY
    tokens = sum(billed(call)["input_tokens"] + billed(call)["output_tokens"] for call in calls)
    meters = query(
        deployment.database,
        'SELECT subject_type, dimension, "window", timezone, used, held, overrun, unenforced > 0 '
        "FROM metering_usagemeter ORDER BY 1, 2, 3",
    )
    clock = "America/New_York"
    assert meters == [
        ("team", "requests", "day", clock, passed["ann"] + passed["bob"], 0, 0, False),
        ("tenant", "cost", "week", clock, sum(billed(call)["cost_nano_usd"] for call in calls), 0, 0, False),
        ("tenant", "requests", "month", clock, TENANT_MONTHLY, 0, 0, False),
        ("tenant", "tokens", "total", clock, tokens, 0, 0, True),
        ("user", "requests", "hour", clock, passed["ann"], 0, 0, False),
    ]
    assert_the_ledger_balances(deployment.database)
