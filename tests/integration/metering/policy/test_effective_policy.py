"""Which rows apply to whom; how they merge is tested without a database."""

from datetime import UTC, datetime, timedelta

import pytest

from metering.errors import NotFound
from metering.ids import uuid7
from metering.models import Team
from metering.policy.effective import effective_policy
from metering.policy.values import EffectivePolicy, PolicySubject
from metering.types import Dimension, EnforcementMode
from tests.factories import BudgetFactory, RuleFactory, TeamFactory, UserFactory, alder, birch, reference_data

pytestmark = pytest.mark.django_db
CHAT = "LLM0_CHAT"


@pytest.fixture(autouse=True)
def vocabulary(db: object) -> None:
    reference_data()


def policy_of(task: str = CHAT, **fields: object) -> EffectivePolicy:
    values = {"tenant_id": alder().pk, "plan": "PRO", "team_id": None, "user_id": None, "token_id": uuid7()}
    return effective_policy(PolicySubject(**{**values, **fields}), task)  # type: ignore[arg-type]


def limits(policy: EffectivePolicy) -> list[int]:
    return sorted(line.limit for line in policy.limits_for(("sandbox",), "helper", "BASE_S"))


def test_every_budget_whose_scope_matches_applies() -> None:
    team, user, token_id = TeamFactory(), UserFactory(), uuid7()
    BudgetFactory(scope="global", per="global", amount=1)
    BudgetFactory(scope="plan", scope_id="PRO", amount=2)
    BudgetFactory(scope="provider", scope_id="sandbox", amount=3)
    BudgetFactory(amount=4)
    BudgetFactory(scope="team", scope_id=str(team.pk), amount=5)
    BudgetFactory(scope="user", scope_id=str(user.pk), amount=6)
    BudgetFactory(scope="token", scope_id=str(token_id), amount=7)
    BudgetFactory(scope="agent", scope_id="helper", amount=8)
    full = policy_of(team_id=team.pk, user_id=user.pk, token_id=token_id)
    assert limits(full) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert limits(policy_of()) == [1, 2, 3, 4, 8]
    assert limits(policy_of(plan="FREE")) == [1, 3, 4, 8]


def test_nothing_of_another_tenant_applies() -> None:
    team = TeamFactory(tenant=birch())
    BudgetFactory(tenant=birch(), amount=9)
    BudgetFactory(tenant=birch(), scope="agent", scope_id="helper", amount=9)
    BudgetFactory(tenant=birch(), scope="team", scope_id=str(team.pk), amount=9)
    RuleFactory(tenant=birch(), value=1)
    policy = policy_of(team_id=Team.objects.get().pk)
    assert limits(policy) == []
    assert policy.settings == {}


def test_budgets_and_rules_of_another_task_or_switched_off_do_not_apply() -> None:
    BudgetFactory(task_id="LLM2_DRAFT", amount=9)
    BudgetFactory(is_active=False, amount=9)
    RuleFactory(task_id="LLM2_DRAFT", value=1)
    RuleFactory(is_active=False, value=1)
    assert limits(policy_of()) == []
    assert policy_of().settings == {}
    assert 9 in limits(policy_of("LLM2_DRAFT"))


def test_a_rule_counts_while_its_condition_holds_in_the_tenants_zone() -> None:
    alder(timezone="Asia/Tokyo")
    RuleFactory(key="max_tokens_out", value=5, conditions={"hours": "09:00-17:00"})
    variants = policy_of().variants
    assert variants is not None
    at_nine_in_tokyo = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
    assert variants.at(at_nine_in_tokyo, {}).number("max_tokens_out") == 5
    assert variants.at(at_nine_in_tokyo - timedelta(minutes=1), {}).number("max_tokens_out") is None


@pytest.mark.parametrize(
    "written",
    [
        {"conditions": {"hours": "9-17"}},
        {"value": "many"},
        {"key": "nonsense"},
        {"scope": "provider", "tenant": None, "scope_id": "sandbox"},
    ],
)
def test_a_rule_written_past_every_door_that_makes_no_sense_counts_for_nothing(
    written: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    RuleFactory(**{"key": "max_tokens_out", "value": 5, **written})
    policy = policy_of()
    assert (policy.settings, policy.variants) == ({}, None)
    assert "policy.rule_unreadable" in caplog.text


def test_rules_merge_and_concurrency_becomes_a_line() -> None:
    user = UserFactory()
    RuleFactory(scope="plan", scope_id="PRO", key="max_tokens_out", value=100)
    RuleFactory(scope="user", scope_id=str(user.pk), key="max_tokens_out", value=40)
    rule = RuleFactory(value=3)
    policy = policy_of(user_id=user.pk)
    assert policy.number("max_tokens_out") == 40
    (line,) = policy.limits
    assert (line.budget_id, line.meter.dimension, line.limit) == (rule.pk, Dimension.CONCURRENCY, 3)


def test_the_tenants_calendar_and_mode_are_taken_along() -> None:
    tenant = alder(timezone="Asia/Tokyo", week_start=6, enforcement_mode="observe")
    BudgetFactory(tenant=tenant, amount=4)
    policy = policy_of()
    (line,) = policy.limits
    assert (line.meter.timezone, line.meter.week_start, line.enforced) == ("Asia/Tokyo", 6, False)
    assert policy.mode is EnforcementMode.OBSERVE


def test_it_costs_four_queries(django_assert_num_queries: object) -> None:
    BudgetFactory()
    RuleFactory()
    subject = PolicySubject(alder().pk, "PRO", None, None, uuid7())
    with django_assert_num_queries(4):  # type: ignore[operator]
        effective_policy(subject, CHAT)


def test_an_unknown_tenant_is_not_found() -> None:
    with pytest.raises(NotFound):
        policy_of(tenant_id=uuid7())
