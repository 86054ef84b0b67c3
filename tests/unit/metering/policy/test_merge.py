from uuid import UUID

import pytest

from metering.ids import uuid7
from metering.policy.enforcement import Modes
from metering.policy.merge import merge_settings
from metering.rules.conditions import Condition
from metering.rules.registry import REGISTRY
from metering.rules.rule import Rule
from metering.types import EnforcementMode, Scope


def rule(scope: Scope, value: int | str, key: str = "max_tokens_out", **fields: object) -> Rule:
    return Rule(**{"id": uuid7(), "scope": scope, "task": None, "key": key, "value": value, **fields})  # type: ignore[arg-type]


def merged(*rules: Rule, key: str = "max_tokens_out") -> int | str | None:
    setting = merge_settings(rules, Modes())[0].get(key)
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
    plan = rule(Scope.PLAN, "BASE_S", "max_class")
    assert merged(plan, rule(Scope.TEAM, "PRO_L", "max_class"), key="max_class") == "BASE_S"
    loose = rule(Scope.PLAN, "PRO_L", "max_class")
    assert merged(loose, rule(Scope.TEAM, "BASE_M", "max_class"), key="max_class") == "BASE_M"


def test_an_observed_rule_leaves_the_enforced_one_in_force() -> None:
    observed = rule(Scope.TENANT, 5, mode=EnforcementMode.OBSERVE)
    assert merged(rule(Scope.PLAN, 100), observed) == 100


def test_a_rule_with_a_condition_beats_one_without() -> None:
    plain = rule(Scope.PLAN, 100, priority=9)
    assert merged(plain, rule(Scope.PLAN, 400, condition=Condition(timezone="UTC"))) == 400


def test_a_rule_about_the_task_beats_one_with_a_condition() -> None:
    conditional = rule(Scope.PLAN, 400, condition=Condition(timezone="UTC"))
    assert merged(conditional, rule(Scope.PLAN, 100, task="LLM0_CHAT")) == 100


def test_all_rules_of_a_team_hold() -> None:
    general, special = rule(Scope.TEAM, 5), rule(Scope.TEAM, 50, task="LLM0_CHAT", priority=9)
    assert merged(rule(Scope.PLAN, 100), general, special) == 5


@pytest.mark.parametrize(
    ("key", "loose", "default"), [("enforcement", "observe", "enforce"), ("enforcement_percent", 5, 100)]
)
def test_a_narrow_rule_does_not_loosen_what_is_strict_without_any_rule(
    key: str, loose: int | str, default: int | str
) -> None:
    assert merged(rule(Scope.USER, loose, key), key=key) is None
    assert merged(rule(Scope.TENANT, loose, key), key=key) == loose
    assert REGISTRY[key].default == default


def test_a_tenant_that_only_observes_has_no_limits_but_the_gateways_own() -> None:
    observing = Modes(tenant=EnforcementMode.OBSERVE)
    settings, shadow = merge_settings([rule(Scope.PLAN, 100)], observing)
    assert settings == {}
    assert (shadow["max_tokens_out"].value, shadow["max_tokens_out"].mode) == (100, "observe")
    settings, _ = merge_settings([rule(Scope.GLOBAL, 100)], observing)
    assert settings["max_tokens_out"].value == 100


def test_what_a_tighter_observed_rule_would_do_is_kept_beside() -> None:
    observed_rule = rule(Scope.TENANT, 5, mode=EnforcementMode.WARN)
    in_force, shadow = merge_settings([rule(Scope.PLAN, 100), observed_rule], Modes())
    assert in_force["max_tokens_out"].value == 100
    assert (shadow["max_tokens_out"].rule_id, shadow["max_tokens_out"].mode) == (observed_rule.id, "warn")


def test_an_observed_rule_that_would_allow_more_is_nothing_to_watch() -> None:
    looser = rule(Scope.TENANT, 500, mode=EnforcementMode.OBSERVE)
    assert merge_settings([rule(Scope.PLAN, 100), looser], Modes())[1] == {}
