"""`simulate_policy` as people and scripts run it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management.base import CommandError
from django.utils.timezone import now

from tests.factories import AttemptFactory, BudgetFactory, RuleFactory, make_token, reference_data
from tests.integration.metering.management.asking import answer, refusal, text
from tests.served import serve_model

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def vocabulary(db: object) -> None:
    reference_data()
    serve_model()


def simulate(*arguments: str) -> Any:
    return answer("simulate_policy", *arguments)


def test_a_period_under_a_catalog_file(tmp_path: Path) -> None:
    token = make_token()
    for minutes in range(3):
        AttemptFactory(
            at=now() - timedelta(minutes=5 + minutes), token_id=token.id, cost_nano_usd=2_000_000_000
        )
    file = tmp_path / "catalog.yaml"
    file.write_text(
        "plans: {PRO: {features: [CHAT], tasks: {LLM0_CHAT: {classes: [BASE_S]}}, "
        "budgets: [{dimension: requests, window: total, amount: 1}]}}"
    )
    since = (now() - timedelta(hours=1)).isoformat()
    facts = simulate("--since", since, "--tenant", "alder", "--catalog", str(file))
    assert (facts["calls"], facts["denied"]) == (3, 2)
    assert facts["denied_by"] == [
        {"rule": "plan requests/total", "code": "budget_exceeded", "calls": 2, "cost_usd": "4"}
    ]
    assert (facts["cost_usd"], facts["cost_after_usd"], facts["difference_usd"]) == ("6", "2", "-4")
    assert simulate("--since", since)["denied"] == 0


def test_one_request_with_the_cache_switched_on() -> None:
    make_token()
    request = ("--tenant", "alder", "--task", "LLM0_CHAT", "--model", "sandbox-small", "--temperature", "0")
    with_rule = simulate(*request, "--rule", "cache_ttl_s=90")["cache"]
    assert (with_rule["status"], with_rule["ttl_s"]) == ("miss", 90)
    assert simulate(*request)["cache"]["status"] is None
    assert simulate(*request, "--cache", "use; ttl=60")["cache"]["ttl_s"] == 60


def test_one_request_at_another_time() -> None:
    make_token()
    BudgetFactory(dimension="cost", amount=10**9)
    RuleFactory(key="max_tokens_in", value=10, conditions={"hours": "00:00-06:00"})
    request = ("--tenant", "alder", "--task", "LLM0_CHAT", "--model", "sandbox-small", "--input-tokens", "50")
    night = simulate(*request, "--at", "2026-03-02T03:00")
    assert (night["verdict"], night["code"], night["rule"]) == (
        "denied",
        "input_too_large",
        "tenant max_tokens_in",
    )
    day = simulate(*request, "--at", "2026-03-02T12:00")
    assert (day["verdict"], day["rule"]) == ("allowed", None)
    assert {step["rule"]: step["outcome"] for step in day["trace"]} == {
        "max_tokens_in": "condition does not hold",
        "tenant cost/day": "has room",
    }


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "either --since"),
        (("--since", "2026-01-01", "--task", "LLM0_CHAT"), "either --since"),
        (("--task", "LLM0_CHAT"), "needs a tenant"),
        (("--since", "2026-01-01", "--plan", "NONE"), "There is no plan"),
        (("--since", "2026-01-01", "--catalog", "/nowhere.yaml"), "cannot be read"),
        (("--since", "2026-01-01", "--rule", "max_tokens_out"), "KEY=VALUE"),
        (("--since", "2026-01-01", "--rule", "max_tokens_out=many"), "a whole number of tokens"),
    ],
)
def test_what_cannot_be_simulated_is_refused(arguments: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        simulate(*arguments)


def test_one_request_with_another_rule() -> None:
    make_token()
    answer = simulate(
        *("--tenant", "alder", "--task", "LLM0_CHAT", "--plan", "PRO", "--input-tokens", "50"),
        *("--rule", "max_tokens_in=5"),
    )
    assert (answer["verdict"], answer["rule"]) == ("denied", "tenant max_tokens_in")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("--since", "2026-01-01", "--shift-hours", "nan"),
            "must be a number from -8,760 to 8,760, not 'nan'",
        ),
        (("--since", "2026-01-01", "--shift-hours", "1e300"), "must be a number from -8,760 to 8,760"),
        (("--input-tokens", "-5"), "must be a whole number from 0 to 10,000,000, not '-5'"),
        (("--output-tokens", "0"), "must be a whole number from 1 to 10,000,000, not '0'"),
        (("--temperature", "inf"), "must be a number from 0 to 1,000, not 'inf'"),
        (("--at", "9999-12-31"), "at must be from 2000 to 2999."),
        (("--at", "0001-01-01"), "at must be from 2000 to 2999."),
        (("--plan", "NONE"), "There is no plan 'NONE'."),
        (("--task", "NONE"), "There is no task 'NONE'."),
    ],
)
def test_what_nobody_can_mean_is_refused(arguments: tuple[str, ...], sentence: str) -> None:
    make_token()
    one = () if {"--since", "--task"} & set(arguments) else ("--task", "LLM0_CHAT")
    assert sentence in str(refusal("simulate_policy", "--tenant", "alder", *one, *arguments))


def test_a_call_is_explained_by_the_rules_of_its_own_agent_and_of_no_other() -> None:
    make_token()
    for agent in ("scout", "clerk"):
        RuleFactory(scope="agent", scope_id=agent, key="requests_per_minute", value=60)
    request = ("--tenant", "alder", "--task", "LLM0_CHAT", "--model", "sandbox-small")

    def agents(*more: str) -> list[str]:
        return [step["source"] for step in simulate(*request, *more)["trace"] if "agent " in step["source"]]

    assert agents("--agent", "scout") == ["agent scout"]
    assert agents() == []


def test_people_read_budgets_of_money_in_dollars() -> None:
    make_token()
    BudgetFactory(dimension="cost", amount=2_500_000_000)
    told = text("simulate_policy", "--tenant", "alder", "--task", "LLM0_CHAT", "--model", "sandbox-small")
    assert "  tenant cost/day = $2.5: has room, $2.5 left" in told.splitlines()
