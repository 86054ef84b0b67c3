"""The registry says where a key counts, and the engine agrees: a rule changes the policy there, and nowhere else."""

import pytest

from metering.ids import uuid7
from metering.policy.compile import compile_policy
from metering.policy.meter_limits import TenantCalendar
from metering.policy.values import EffectivePolicy
from metering.rules.registry import REGISTRY, check_rule, keys_of
from metering.rules.rule import BASE_SCOPES, Rule
from metering.rules.rule_key import RuleKey
from metering.types import Scope
from tests.fakes.policy import subject

EVERYWHERE = ["requests_per_minute", "tokens_per_minute"]
CALLER = subject(team_id=uuid7(), user_id=uuid7())
TAG = "project=apollo"
IDS = {
    Scope.TEAM: CALLER.team_id,
    Scope.USER: CALLER.user_id,
    Scope.TOKEN: CALLER.token_id,
    Scope.TAG: TAG,
    Scope.CONVERSATION: "talk-7",
}


def rule(spec: RuleKey, scope: Scope, value: int | str) -> Rule:
    return Rule(
        id=uuid7(), scope=scope, scope_id=str(IDS.get(scope, "x")), task=None, key=spec.name, value=value
    )


def what_counts(*rules: Rule) -> tuple[object, ...]:
    """The policy of a call with a tag in a conversation, without what it says about its rules."""
    found: EffectivePolicy = compile_policy(
        CALLER, "LLM0_CHAT", TenantCalendar(), rules=rules, budgets=(), feature="CHAT"
    ).for_labels((TAG,), "talk-7")
    values = {key: setting.value for key, setting in found.settings.items()}
    return found.mode, values, len(found.limits), found.by_provider, found.by_agent, found.rates


def values_of(spec: RuleKey) -> tuple[int | str, ...]:
    if spec.is_keys:
        return ("project", "cost-centre,project")
    return spec.choices or (spec.low, spec.low + 1, spec.high)


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("key", REGISTRY)
def test_a_rule_counts_where_the_registry_says_and_nowhere_else(key: str, scope: Scope) -> None:
    spec = REGISTRY[key]
    counts = False
    for loose in values_of(spec):
        base = () if scope in BASE_SCOPES else (rule(spec, Scope.GLOBAL, loose),)
        counts |= any(
            what_counts(*base, rule(spec, scope, value)) != what_counts(*base) for value in values_of(spec)
        )
    assert counts is (scope in spec.scopes)


@pytest.mark.parametrize("scope", [Scope.AGENT, Scope.PROVIDER])
def test_agents_and_providers_have_rates_and_nothing_else(scope: Scope) -> None:
    assert keys_of(scope) == EVERYWHERE


def test_a_key_that_does_not_count_there_is_refused_with_those_that_do_and_where_it_does() -> None:
    with pytest.raises(ValueError, match="max_concurrent does not count for an agent") as caught:
        check_rule("max_concurrent", 5, None, Scope.AGENT)
    assert "the keys are requests_per_minute, tokens_per_minute;" in str(caught.value)
    assert (
        "may be set for the gateway, a plan, a tenant, a team, a user, a token, a tag, a conversation."
        in str(caught.value)
    )
