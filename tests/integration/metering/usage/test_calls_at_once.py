"""The limit on calls at once that is shown is the one that admission would apply at that moment."""

from datetime import UTC, datetime
from typing import Any

import pytest

from metering.models import PolicyRule
from metering.policy.effective import effective_policy
from metering.policy.read_balances import read_balances
from metering.policy.values import PolicySubject
from metering.usage.budget_status import budget_status
from metering.usage.subjects import Subjects
from tests.factories import (
    BudgetFactory,
    MeterFactory,
    RuleFactory,
    UserFactory,
    alder,
    birch,
    concurrency_meter,
    make_token,
    reference_data,
)

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
NIGHT = datetime(2026, 3, 10, 23, tzinfo=UTC)
AT_NIGHT = {"hours": "22:00-06:00"}
FROM_HALF = {"usage": {"budget": "requests/day", "from_percent": 50}}


def shown(at: datetime, **facts: Any) -> list[tuple[str, int, int]]:
    """Of each meter of calls at once: the rule in force, its limit, and how many are held."""
    if "tenant" not in facts:
        facts["tenant"] = alder()
    rows = budget_status(now=at, **facts)
    return [
        (str(row.limit.set_by), row.limit.amount, row.held)
        for row in rows
        if row.limit.dimension == "concurrency"
    ]


def enforced(at: datetime, task: str = "LLM0_CHAT") -> list[tuple[str, int]]:
    """What admission applies to a call of the tenant's."""
    subject = PolicySubject(alder().pk, "PRO", None, None, None)
    policy = effective_policy(subject, task)
    if policy.variants is not None:
        found = read_balances(policy.variants.meters, at)
        policy = policy.variants.at(at, {meter: item.used + item.held for meter, item in found.items()})
    return [
        (str(line.source_id), line.limit) for line in policy.limits if line.meter.dimension == "concurrency"
    ]


@pytest.fixture(autouse=True)
def plain() -> PolicyRule:
    """Three calls at once for whoever is on the plan; Alder makes two."""
    make_token(alder())
    rule: PolicyRule = RuleFactory(scope="plan", scope_id="PRO", value=3)
    concurrency_meter(rule, alder(), held=2)
    return rule


def test_a_rule_whose_hours_hold_says_the_limit_of_the_plain_rules_meter(plain: PolicyRule) -> None:
    night = RuleFactory(scope="plan", scope_id="PRO", value=20, conditions=AT_NIGHT)
    assert shown(NOON) == [(str(plain.pk), 3, 2)]
    assert shown(NIGHT) == [(str(night.pk), 20, 2)]


def test_hours_are_those_of_the_tenants_zone(plain: PolicyRule) -> None:
    type(alder()).objects.update(timezone="Asia/Tokyo")  # nine hours ahead
    RuleFactory(scope="plan", scope_id="PRO", value=20, conditions=AT_NIGHT)
    assert [limit for _, limit, _ in shown(datetime(2026, 3, 10, 13, tzinfo=UTC))] == [20]
    assert [limit for _, limit, _ in shown(NIGHT)] == [3]


def test_a_rule_about_use_counts_from_its_percentage_on(plain: PolicyRule) -> None:
    half = RuleFactory(scope="plan", scope_id="PRO", value=1, conditions=FROM_HALF)
    budget = BudgetFactory(dimension="requests", window="day", amount=10)
    meter = MeterFactory(budget=budget, at=NOON, used=3, held=1)
    assert shown(NOON) == [(str(plain.pk), 3, 2)]
    type(meter).objects.filter(pk=meter.pk).update(held=2)
    assert shown(NOON) == [(str(half.pk), 1, 2)]


def test_percent_and_what_remains_follow_the_limit_in_force() -> None:
    RuleFactory(scope="plan", scope_id="PRO", value=4, conditions=AT_NIGHT)
    [row] = budget_status(now=NIGHT, tenant=alder())
    assert (row.percent, row.remaining) == (50.0, 2)


def test_a_rule_that_another_has_replaced_is_not_shown() -> None:
    own = RuleFactory(value=8)
    concurrency_meter(own, alder(), held=1)
    assert shown(NOON) == [(str(own.pk), 8, 1)]


def test_a_rule_that_has_only_a_condition_is_shown_while_it_holds() -> None:
    users = RuleFactory(scope="user", scope_id=str(UserFactory().pk), value=1, conditions=AT_NIGHT)
    concurrency_meter(users, alder(), held=1)
    assert str(users.pk) not in {rule for rule, _, _ in shown(NOON)}
    assert (str(users.pk), 1, 1) in shown(NIGHT)


def test_of_two_plans_the_strictest_limit_on_the_shared_meter_is_shown(plain: PolicyRule) -> None:
    PolicyRule.objects.filter(pk=plain.pk).update(scope="global", scope_id="")
    make_token(alder(), plan="BASIC")
    basic = RuleFactory(scope="plan", scope_id="BASIC", value=2, conditions=AT_NIGHT)
    assert shown(NIGHT) == [(str(basic.pk), 2, 2)]


def test_a_caller_is_shown_the_limit_of_its_own_plan(plain: PolicyRule) -> None:
    PolicyRule.objects.filter(pk=plain.pk).update(scope="global", scope_id="")
    make_token(alder(), plan="BASIC")
    RuleFactory(scope="plan", scope_id="BASIC", value=2, conditions=AT_NIGHT)
    assert shown(NIGHT, of=Subjects(tenant_id=alder().pk, plan="PRO")) == [(str(plain.pk), 3, 2)]


def test_a_rule_about_one_task_takes_no_place_of_the_others(plain: PolicyRule) -> None:
    reference_data()
    chat = RuleFactory(scope="plan", scope_id="PRO", value=1, task_id="LLM0_CHAT")
    concurrency_meter(chat, alder(), held=1)
    assert sorted(shown(NOON)) == sorted([(str(plain.pk), 3, 2), (str(chat.pk), 1, 1)])


def test_another_tenants_rules_do_not_count(plain: PolicyRule) -> None:
    RuleFactory(tenant=birch(), value=1)
    assert shown(NOON) == [(str(plain.pk), 3, 2)]
    assert shown(NOON, tenant=None) == [(str(plain.pk), 3, 2)]


def test_queries_do_not_grow_with_meters_whose_rules_have_hours(django_assert_num_queries: Any) -> None:
    RuleFactory(scope="plan", scope_id="PRO", value=20, conditions=AT_NIGHT)
    for _ in range(5):
        own = RuleFactory(scope="user", scope_id=str(UserFactory().pk), value=1)
        concurrency_meter(own, alder(), held=1)
    tenant = alder()
    with django_assert_num_queries(5):  # plans, those in use, budgets, rules, meters
        assert len(shown(NIGHT, tenant=tenant)) == 6


@pytest.mark.parametrize("at", [NOON, NIGHT], ids=["noon", "night"])
@pytest.mark.parametrize(
    "rules",
    [
        ({"value": 9, "conditions": AT_NIGHT},),
        ({"value": 9, "conditions": AT_NIGHT}, {"value": 7}),
        ({"value": 9, "conditions": AT_NIGHT, "priority": 1}, {"value": 8, "conditions": {"days": ["tue"]}}),
        ({"value": 0, "conditions": FROM_HALF}, {"scope": "global", "value": 99}),
        ({"value": 5, "mode": "observe"}, {"value": 6, "conditions": AT_NIGHT}),
    ],
)
def test_it_is_what_admission_applies(
    plain: PolicyRule, rules: tuple[dict[str, Any], ...], at: datetime
) -> None:
    budget = BudgetFactory(dimension="requests", window="day", amount=10)
    MeterFactory(budget=budget, at=at, used=5)
    for facts in rules:
        RuleFactory(**facts)
    assert sorted((rule, limit) for rule, limit, _ in shown(at)) == sorted(enforced(at))
