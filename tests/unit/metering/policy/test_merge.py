from uuid import UUID

import pytest

from metering.ids import uuid7
from metering.policy.merge import Rule, merge_settings
from metering.types import EnforcementMode, Scope


def rule(scope: Scope, value: int | str, key: str = "max_tokens_out", **fields: object) -> Rule:
    return Rule(**{"id": uuid7(), "scope": scope, "task": None, "key": key, "value": value, **fields})  # type: ignore[arg-type]


def merged(*rules: Rule, key: str = "max_tokens_out") -> int | str | None:
    setting = merge_settings(rules).get(key)
    return setting.value if setting else None


@pytest.mark.parametrize("value", [50, 500])
def test_a_tenant_rule_raises_or_lowers_the_plans(value: int) -> None:
    assert merged(rule(Scope.TENANT, value), rule(Scope.PLAN, 100), rule(Scope.GLOBAL, 10)) == value


@pytest.mark.parametrize("scope", [Scope.TEAM, Scope.USER, Scope.TOKEN])
def test_team_user_and_token_rules_only_tighten(scope: Scope) -> None:
    assert merged(rule(Scope.PLAN, 100), rule(scope, 50)) == 50
    assert merged(rule(Scope.PLAN, 100), rule(scope, 500)) == 100


def test_a_narrow_rule_counts_where_nothing_wider_is_said() -> None:
    assert merged(rule(Scope.USER, 70)) == 70


def test_the_tightest_of_team_user_and_token_counts() -> None:
    assert merged(rule(Scope.TEAM, 30), rule(Scope.USER, 20), rule(Scope.TOKEN, 40)) == 20


def test_a_rule_about_the_task_beats_a_general_one_of_its_scope() -> None:
    general = rule(Scope.PLAN, 100, priority=9)
    assert merged(rule(Scope.PLAN, 200, task="LLM0_CHAT"), general) == 200


def test_a_narrower_scope_beats_a_rule_about_the_task() -> None:
    assert merged(rule(Scope.PLAN, 200, task="LLM0_CHAT"), rule(Scope.TENANT, 100)) == 100


def test_then_priority_decides_then_the_newer_rule() -> None:
    assert merged(rule(Scope.PLAN, 1, priority=2), rule(Scope.PLAN, 2, priority=1)) == 1
    older, newer = UUID(int=1), UUID(int=2)
    assert merged(rule(Scope.PLAN, 7, id=newer), rule(Scope.PLAN, 8, id=older)) == 7


def test_a_preference_may_be_replaced_by_anyone() -> None:
    plan = rule(Scope.PLAN, "cancel", "on_disconnect")
    user = rule(Scope.USER, "drain", "on_disconnect")
    assert merged(plan, user, key="on_disconnect") == "drain"


def test_a_strict_choice_is_not_loosened_below_the_tenant() -> None:
    plan = rule(Scope.PLAN, "off", "log_content")
    assert merged(plan, rule(Scope.TEAM, "full", "log_content"), key="log_content") == "off"
    loose = rule(Scope.PLAN, "full", "log_content")
    assert merged(loose, rule(Scope.TEAM, "redacted", "log_content"), key="log_content") == "redacted"


def test_an_observed_rule_leaves_the_enforced_one_in_force() -> None:
    tried = rule(Scope.TENANT, 5, mode=EnforcementMode.OBSERVE)
    assert merged(rule(Scope.PLAN, 100), tried) == 100
