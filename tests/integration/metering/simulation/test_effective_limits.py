"""Which limits count for somebody now, who sets them, and what they take the place of."""

from datetime import UTC, datetime
from typing import Any

import pytest

from metering.models import Tenant
from metering.policy.edit.target import find_target
from metering.policy.source import read_policy_rows
from metering.simulation.change import rule_change
from metering.simulation.effective_limits import EffectiveLimit, effective_limits
from metering.simulation.find_asker import find_asker
from metering.types import EnforcementMode, Task
from tests.factories import BudgetFactory, RuleFactory, TeamFactory, UserFactory, alder, make_token

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 12, 15, tzinfo=UTC)  # a Thursday
OUT = "max_tokens_out"


@pytest.fixture(autouse=True)
def token(db: object) -> Any:
    return make_token(now=NOW)


def limits(
    *, after: Any = None, task: str | None = None, with_shared: bool = False, **who: Any
) -> list[EffectiveLimit]:
    subject = find_asker(tenant=alder(), now=NOW, **who).subject
    source = read_policy_rows(tenant=alder(), after=after)
    return effective_limits(source=source, subject=subject, now=NOW, task=task, with_shared=with_shared)


def of(key: str, **facts: Any) -> list[EffectiveLimit]:
    return [limit for limit in limits(**facts) if limit.key == key]


def said(limit: EffectiveLimit) -> tuple[Any, ...]:
    return limit.value, limit.set_by.name, [(other.value, other.name) for other in limit.in_place_of]


def test_the_tenants_rule_takes_the_place_of_the_plans_and_everyones() -> None:
    RuleFactory(scope="global", key=OUT, value=2_000)
    RuleFactory(scope="plan", scope_id="PRO", key=OUT, value=4_096)
    RuleFactory(key=OUT, value=8_000)
    [limit] = of(OUT)
    assert said(limit) == (8_000, "alder", [(4_096, "plan PRO"), (2_000, "everyone")])
    assert (limit.tasks, limit.is_tighter, limit.unit) == ((), False, "tokens")


def test_a_teams_rule_counts_where_it_is_tighter() -> None:
    research = TeamFactory(slug="research")
    RuleFactory(key=OUT, value=8_000)
    RuleFactory(scope="team", scope_id=str(research.pk), key=OUT, value=500)
    [limit] = of(OUT, team="research")
    assert (said(limit), limit.is_tighter) == ((500, "team research", [(8_000, "alder")]), True)
    assert said(of(OUT)[0]) == (8_000, "alder", [])


def test_a_rule_about_one_task_is_a_limit_of_that_task() -> None:
    RuleFactory(key=OUT, value=8_000)
    RuleFactory(key=OUT, value=100, task_id="LLM2_DRAFT")
    found = {limit.value: limit.tasks for limit in of(OUT)}
    assert found == {8_000: ("LLM0_CHAT", "LLM1_PRIOR_ART", "LLM3_DIAGRAM"), 100: ("LLM2_DRAFT",)}
    assert said(of(OUT, task="LLM2_DRAFT")[0]) == (100, "alder", [(8_000, "alder")])


def test_what_no_rule_says_is_built_in() -> None:
    [limit] = of("agent_max_steps")
    assert said(limit) == (40, "built in", [])
    assert {limit.value: limit.tasks for limit in of("max_concurrent")} == {
        3: ("LLM1_PRIOR_ART",),
        2: ("LLM2_DRAFT",),
        5: ("LLM3_DIAGRAM",),
    }


def test_a_rule_whose_condition_does_not_hold_is_named_beside_the_one_that_counts() -> None:
    RuleFactory(key=OUT, value=8_000)
    RuleFactory(key=OUT, value=100, conditions={"days": ["sat", "sun"]})
    [limit] = of(OUT)
    assert said(limit) == (8_000, "alder", [])
    assert [(later.value, later.when) for later in limit.not_now] == [(100, "sat sun, UTC")]


def test_limits_on_rates_count_for_tenant_and_person_alike() -> None:
    ann = UserFactory(email="ann@alder.example")
    RuleFactory(key="requests_per_minute", value=120)
    RuleFactory(scope="user", scope_id=str(ann.pk), key="requests_per_minute", value=10)
    found = {limit.counted_for: said(limit) for limit in of("requests_per_minute", user=ann.email)}
    assert found == {"tenant": (120, "alder", []), "user": (10, "ann@alder.example", [])}


def test_a_rule_that_is_only_observed_is_told_apart() -> None:
    RuleFactory(key=OUT, value=8_000)
    RuleFactory(key=OUT, value=10, mode="observe", priority=1)
    found = {limit.value: limit.mode for limit in of(OUT)}
    assert found == {8_000: EnforcementMode.ENFORCE, 10: EnforcementMode.OBSERVE}


def test_a_tenant_that_is_only_observed_has_loose_limits() -> None:
    Tenant.objects.update(enforcement_mode="observe")
    RuleFactory(key=OUT, value=8_000)
    assert of(OUT)[0].mode is EnforcementMode.OBSERVE


def test_budgets_are_limits_with_whose_use_they_count() -> None:
    BudgetFactory(scope="plan", scope_id="PRO", per="user", dimension="cost", amount=15_000_000_000)
    [limit] = of("cost/day")
    assert (said(limit), limit.unit, limit.counted_for) == ((15_000_000_000, "plan PRO", []), "usd", "user")


def test_a_budget_that_tenants_share_is_for_operators() -> None:
    BudgetFactory(scope="global", per="global", dimension="cost", amount=1)
    assert of("cost/day") == []
    assert said(of("cost/day", with_shared=True)[0]) == (1, "everyone", [])


def test_after_an_edit_it_is_the_same_question_on_the_rules_as_they_would_be() -> None:
    RuleFactory(scope="plan", scope_id="PRO", key=OUT, value=4_096)
    change = rule_change(target=find_target(tenant="alder"), key=OUT, value=8_000, now=NOW)
    assert [limit.value for limit in of(OUT)] == [4_096]
    assert said(of(OUT, after=change.apply)[0]) == (8_000, "alder", [(4_096, "plan PRO")])


def test_what_several_rules_name_together_is_one_limit() -> None:
    RuleFactory(scope="plan", scope_id="PRO", key="required_tags", value="project")
    RuleFactory(key="required_tags", value="cost-centre")
    [limit] = of("required_tags")
    assert (set(str(limit.value).split(",")), limit.in_place_of) == ({"project", "cost-centre"}, ())


def test_every_value_is_the_one_that_calls_are_admitted_by() -> None:
    RuleFactory(scope="global", key=OUT, value=2_000)
    RuleFactory(key=OUT, value=8_000, task_id="LLM2_DRAFT")
    RuleFactory(scope="plan", scope_id="PRO", key="max_class", value="PRO_M")
    RuleFactory(key="on_disconnect", value="cancel")
    RuleFactory(key="max_tokens_in", value=9, mode="observe")
    subject, rows = find_asker(tenant=alder(), now=NOW).subject, read_policy_rows(tenant=alder())
    for task in Task:
        policy = rows.policy(subject, task.value)
        told = {
            limit.key: limit.value
            for limit in effective_limits(source=rows, subject=subject, now=NOW, task=task.value)
            if limit.mode is EnforcementMode.ENFORCE and limit.set_by.scope is not None
        }
        assert told == {key: setting.value for key, setting in policy.settings.items()}, task
