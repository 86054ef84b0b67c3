"""The quick pass over budgets answers as the replay does, which admits each call as the gateway would."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from metering.ledger.partitions import create_statements
from metering.models import ATIToken
from metering.policy.source import read_policy_source
from metering.simulation.budget_pass import BudgetPass, lines_of
from metering.simulation.logged import logged_calls
from metering.simulation.replay import ReplayRun
from metering.usage.filters import UsageFilter
from tests.factories import (
    AttemptFactory,
    BudgetFactory,
    RuleFactory,
    TeamFactory,
    UserFactory,
    alder,
    make_token,
    reference_data,
)

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
PERIOD = UsageFilter(since=MONDAY, until=MONDAY + timedelta(days=7))
BUDGETS: list[dict[str, Any]] = [
    {"dimension": "requests", "window": "day", "amount": 6},
    {"dimension": "tokens", "window": "hour", "amount": 400},
    {"dimension": "cost", "window": "week", "amount": 900_000},
    {"dimension": "steps", "window": "day", "amount": 3},
    {"dimension": "requests", "window": "total", "amount": 25},
    {"dimension": "cost", "window": "day", "amount": 90_000, "model_class_id": "ADVANCED"},
    {"dimension": "requests", "window": "day", "amount": 2, "task_id": "LLM2_DRAFT"},
    {"scope": "plan", "scope_id": "PRO", "per": "user", "dimension": "tokens", "amount": 300},
    {"scope": "plan", "scope_id": "PRO", "per": "agent", "dimension": "requests", "amount": 2},
    {"scope": "plan", "scope_id": "OTHER", "per": "tenant", "dimension": "requests", "amount": 1},
    {"scope": "plan", "scope_id": "PRO", "per": "tag", "dimension": "requests", "amount": 3},
    {"scope": "tag", "scope_id": "project=apollo", "dimension": "tokens", "amount": 150},
    {"scope": "plan", "scope_id": "PRO", "per": "conversation", "dimension": "requests", "amount": 2},
    {"scope": "conversation", "scope_id": "one", "dimension": "tokens", "amount": 150},
    {"scope": "provider", "scope_id": "sandbox", "dimension": "requests", "amount": 5},
    {"scope": "global", "dimension": "requests", "amount": 4},
    {"dimension": "requests", "amount": 4, "hard": False},
    {"dimension": "requests", "amount": 4, "mode": "observe"},
    {"dimension": "requests", "amount": 2, "enforce_percent": 50},
]


@pytest.fixture(autouse=True)
def a_week(db: object) -> None:
    """Calls of several people, teams, tasks and classes, some of several attempts, some that vendors failed."""
    with connection.cursor() as cursor:
        for statement in create_statements(MONDAY.date().replace(day=1)):
            cursor.execute(statement)  # in the test's transaction: gone when it ends
    reference_data()
    alder(timezone="Asia/Tokyo")
    dice, token_id = random.Random(7), make_token().id
    people, teams = [UserFactory().pk for _ in range(3)], [TeamFactory().pk, None]
    for number in range(70):
        facts: dict[str, Any] = {
            "at": MONDAY + timedelta(minutes=5 + 140 * number),
            "token_id": token_id,
            "user_id": dice.choice([*people, None]),
            "team_id": dice.choice(teams),
            "agent_id": dice.choice(["writer", None]),
            "conversation_id": dice.choice(["one", "two", None]),
            "tags": dice.choice([[], ["project=apollo"], ["cost-centre=7", "project=apollo"]]),
            "task": dice.choice(["LLM0_CHAT", "LLM2_DRAFT"]),
            "model_class": dice.choice(["BASE_S", "ADVANCED"]),
            "input_tokens": dice.randint(1, 200),
            "steps": dice.randint(0, 2),
            "cost_nano_usd": dice.randint(1, 60_000),
            "latency_ms": 1,
        }
        if dice.random() < 0.2:
            facts |= {
                "outcome": "error",
                "input_tokens": 0,
                "output_tokens": 0,
                "cost_nano_usd": 0,
                "steps": 0,
            }
        first = AttemptFactory(**facts)
        if dice.random() < 0.3:
            AttemptFactory(**{**facts, "outcome": "ok"}, reservation_id=first.reservation_id, attempt=2)


def denied_by_the_pass() -> list[Any]:
    plans = dict(ATIToken.objects.values_list("pk", "plan_tier_id"))
    run = BudgetPass(read_policy_source(), plans=plans, since=MONDAY)
    return [line.id for line in lines_of(PERIOD) if run.take(line)]


def denied_by_the_replay() -> list[Any]:
    run = ReplayRun(read_policy_source())
    return [call.first.reservation_id for call in logged_calls(PERIOD) if run.take(call)]


@pytest.mark.parametrize("facts", BUDGETS, ids=lambda facts: " ".join(map(str, facts.values())))
def test_one_budget_denies_the_same_calls(facts: dict[str, Any]) -> None:
    BudgetFactory(**facts)
    assert denied_by_the_pass() == denied_by_the_replay()


def test_all_budgets_together_deny_the_same_calls() -> None:
    for facts in BUDGETS[:9]:
        BudgetFactory(**facts)
    found = denied_by_the_pass()
    assert found == denied_by_the_replay()
    assert 5 < len(found) < 70


def test_a_tenant_whose_limits_are_only_observed_is_denied_nothing() -> None:
    BudgetFactory(dimension="requests", amount=1)
    RuleFactory(key="enforcement", value="observe")
    assert denied_by_the_pass() == denied_by_the_replay() == []
