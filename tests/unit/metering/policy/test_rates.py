from metering.ids import uuid7
from metering.policy.enforcement import Modes, percentile_of
from metering.policy.rates import call_rates, shadow_rates
from metering.policy.values import PolicySubject, RateLimit
from metering.rules.rule import Rule
from metering.types import EnforcementMode, Scope
from tests.fakes.policy import ALDER, subject

ENFORCE = EnforcementMode.ENFORCE


def rule(scope: Scope, value: int, key: str = "requests_per_minute", **facts: object) -> Rule:
    values = {"id": uuid7(), "scope": scope, "task": None, "key": key, "value": value}
    return Rule(**{**values, **facts})  # type: ignore[arg-type]


def limits(
    of: PolicySubject,
    *rules: Rule,
    mode: EnforcementMode = ENFORCE,
    feature: str = "CHAT",
    **call: str | None,
) -> list[RateLimit]:
    """Of a call that sandbox serves, for no agent and from nowhere unless it says so."""
    facts = {"provider": "sandbox", "agent_id": None, "address": None, **call}
    return list(call_rates(rules, of, Modes(tenant=mode), feature=feature).for_call(**facts))  # type: ignore[arg-type]


def test_a_plans_rule_limits_the_tenant_as_a_whole() -> None:
    one, other = subject(token_id=uuid7()), subject(token_id=uuid7())
    plans = rule(Scope.PLAN, 100)
    [limit] = limits(one, plans)
    assert (limit.per_minute, limit.scope, limit.name) == (100, Scope.PLAN, "plan requests/minute")
    assert limits(other, plans) == [limit]
    assert str(ALDER) in limit.key


def test_the_most_specific_base_rule_sets_the_tenants_bucket_without_moving_it() -> None:
    of = subject()
    [plans] = limits(of, rule(Scope.PLAN, 100))
    [tenants] = limits(of, rule(Scope.PLAN, 100), rule(Scope.GLOBAL, 5), rule(Scope.TENANT, 300))
    assert (tenants.per_minute, tenants.key) == (300, plans.key)


def test_each_subject_with_a_rule_has_a_bucket_of_its_own() -> None:
    of = subject(team_id=uuid7(), user_id=uuid7())
    found = limits(
        of, rule(Scope.TENANT, 100), rule(Scope.TEAM, 50), rule(Scope.USER, 200), rule(Scope.TOKEN, 10)
    )
    assert [limit.per_minute for limit in found] == [100, 50, 200, 10]
    assert len({limit.key for limit in found}) == 4


def test_requests_and_tokens_do_not_share_a_bucket() -> None:
    found = limits(subject(), rule(Scope.PLAN, 1), rule(Scope.PLAN, 2, "tokens_per_minute"))
    assert {limit.dimension: limit.per_minute for limit in found} == {"requests": 1, "tokens": 2}
    assert len({limit.key for limit in found}) == 2


def test_a_rule_about_one_task_counts_that_task_alone() -> None:
    of = subject()
    [general] = limits(of, rule(Scope.PLAN, 100))
    [special] = limits(of, rule(Scope.PLAN, 100), rule(Scope.PLAN, 5, task="LLM0_CHAT"))
    assert special.per_minute == 5
    assert special.key != general.key


def test_what_is_only_observed_limits_nothing() -> None:
    assert limits(subject(), rule(Scope.PLAN, 1, mode=EnforcementMode.OBSERVE)) == []
    assert limits(subject(), rule(Scope.PLAN, 1), mode=EnforcementMode.WARN) == []


def keys(of: PolicySubject, *rules: Rule, **facts: object) -> set[str]:
    return {limit.key for limit in limits(of, *rules, **facts)}  # type: ignore[arg-type]


def test_each_user_of_a_plan_has_a_bucket_and_a_bare_token_counts_as_a_user() -> None:
    plans = rule(Scope.PLAN, 30, "requests_per_minute_per_user")
    user, token = uuid7(), uuid7()
    [bucket] = limits(subject(user_id=user, token_id=token), plans)
    assert (bucket.per_minute, bucket.name) == (30, "plan requests/minute per user")
    assert keys(subject(user_id=user, token_id=uuid7()), plans) == {bucket.key}, (
        "it is the user's, not the token's"
    )
    assert keys(subject(user_id=uuid7(), token_id=token), plans) != {bucket.key}
    assert len(keys(subject(token_id=token), plans) | keys(subject(token_id=uuid7()), plans)) == 2


def test_each_feature_has_a_bucket_that_its_tasks_share() -> None:
    of, plans = subject(), rule(Scope.PLAN, 5, "tokens_per_minute_per_feature")
    assert len(keys(of, plans, feature="CHAT") | keys(of, plans, feature="DRAFTING")) == 2


def test_an_agent_makes_ten_requests_a_minute_unless_a_rule_says_otherwise() -> None:
    of = subject()
    assert limits(of) == []
    [default] = limits(of, agent_id="helper")
    assert (default.per_minute, default.name) == (10, "default requests/minute per agent")
    [tenants] = limits(of, rule(Scope.TENANT, 50, "requests_per_minute_per_agent"), agent_id="helper")
    assert (tenants.per_minute, tenants.key) == (50, default.key)
    [own] = limits(of, rule(Scope.AGENT, 99, scope_id="helper"), agent_id="helper")
    assert (own.per_minute, own.key) == (99, default.key)
    [others] = limits(of, rule(Scope.AGENT, 99, scope_id="helper"), agent_id="other")
    assert others.per_minute == 10
    assert keys(subject(tenant_id=uuid7()), agent_id="helper") != {default.key}, "agents are a tenant's own"


def test_an_agents_own_rule_does_not_loosen_what_a_token_allows_each_agent() -> None:
    found = limits(
        subject(),
        rule(Scope.AGENT, 99, scope_id="helper"),
        rule(Scope.TOKEN, 3, "requests_per_minute_per_agent"),
        agent_id="helper",
    )
    assert sorted(limit.per_minute for limit in found) == [3, 99]


def test_a_providers_own_rule_is_shared_by_tenants_and_loosened_by_none() -> None:
    providers = rule(Scope.PROVIDER, 500, scope_id="sandbox")
    shared = keys(subject(), providers)
    assert len(shared) == 1
    assert keys(subject(tenant_id=uuid7()), providers, mode=EnforcementMode.OBSERVE) == shared
    assert limits(subject(), providers, provider="another") == []


def test_a_tenants_calls_to_each_provider_have_a_bucket() -> None:
    of, plans = subject(), rule(Scope.PLAN, 5, "requests_per_minute_per_provider")
    assert len(keys(of, plans, provider="a") | keys(of, plans, provider="b")) == 2
    assert keys(subject(tenant_id=uuid7()), plans, provider="a") != keys(of, plans, provider="a")


def test_the_gateways_rule_counts_an_address_across_tenants_and_a_plans_within_one() -> None:
    one, other = subject(), subject(tenant_id=uuid7())
    for scope, shared in ((Scope.GLOBAL, True), (Scope.PLAN, False)):
        of_address = rule(scope, 60, "requests_per_minute_per_address")
        here = keys(one, of_address, address="203.0.113.9")
        assert len(here) == 1
        assert (keys(other, of_address, address="203.0.113.9") == here) is shared
        assert keys(one, of_address, address="203.0.113.8") != here
        assert limits(one, of_address) == [], "a library's call comes from nowhere"


def test_an_ipv6_caller_counts_by_its_64_bits() -> None:
    of_address = rule(Scope.GLOBAL, 60, "requests_per_minute_per_address")
    near = [keys(subject(), of_address, address=f"2001:db8:0:7:{end}::1") for end in (1, 2)]
    assert near[0] == near[1]
    assert keys(subject(), of_address, address="2001:db8:0:8::1") != near[0]


def test_callers_choose_no_bucket_by_sending_nonsense_as_their_address() -> None:
    of_address = rule(Scope.GLOBAL, 60, "requests_per_minute_per_address")
    assert keys(subject(), of_address, address="x") == keys(subject(), of_address, address="y")


def test_a_thousand_agents_do_not_fill_the_memory() -> None:
    rates = call_rates([], subject(), Modes(), feature="CHAT")
    for number in range(1_000):
        [limit] = rates.for_call(provider="sandbox", agent_id=f"agent-{number}", address=None)
        assert limit.key.endswith(f":agent-{number}")
    assert len(rates._memo) <= 256


def test_a_teams_general_rule_and_its_rule_about_the_task_both_hold() -> None:
    of = subject(team_id=uuid7())
    found = limits(of, rule(Scope.TEAM, 50), rule(Scope.TEAM, 5, task="LLM0_CHAT"))
    assert sorted(limit.per_minute for limit in found) == [5, 50]
    assert len({limit.key for limit in found}) == 2


def test_of_a_teams_rules_about_the_same_the_strictest_sets_the_bucket() -> None:
    found = limits(subject(team_id=uuid7()), rule(Scope.TEAM, 50, priority=9), rule(Scope.TEAM, 7))
    assert [limit.per_minute for limit in found] == [7]


def test_a_limit_that_is_tried_has_a_bucket_of_its_own() -> None:
    observed = rule(Scope.TENANT, 5, mode=EnforcementMode.OBSERVE)
    [present] = limits(subject(), rule(Scope.PLAN, 100), observed)
    shadow = shadow_rates([rule(Scope.PLAN, 100), observed], subject(), Modes(), feature="CHAT")
    [limit] = shadow.for_call(provider="sandbox", agent_id=None, address=None)
    assert (present.per_minute, limit.per_minute, limit.mode) == (100, 5, EnforcementMode.OBSERVE)
    assert limit.key != present.key


def shadow_by(
    of: PolicySubject, *rules: Rule, modes: Modes | None = None, agent_id: str | None = None
) -> list[RateLimit]:
    found = shadow_rates(rules, of, modes or Modes(principal=of.principal), feature="CHAT")
    return list(found.for_call(provider="sandbox", agent_id=agent_id, address=None))


def test_those_within_a_share_and_those_beyond_it_draw_from_one_bucket() -> None:
    half = rule(Scope.TENANT, 5, enforce_percent=50)
    users = [uuid7() for _ in range(40)]
    inside = subject(user_id=next(user for user in users if percentile_of(user) < 50))
    beyond = subject(user_id=next(user for user in users if percentile_of(user) >= 50))
    rates = call_rates([half], inside, Modes(principal=inside.principal), feature="CHAT")
    [enforced] = rates.for_call(provider="sandbox", agent_id=None, address=None)
    [observed] = shadow_by(beyond, half)
    assert enforced.key == observed.key
    assert (enforced.mode, observed.mode) == (ENFORCE, EnforcementMode.OBSERVE)


def test_a_share_does_not_draw_from_the_bucket_of_the_rule_that_it_replaces() -> None:
    plans, half = rule(Scope.PLAN, 100), rule(Scope.TENANT, 5, enforce_percent=0)
    of = subject(user_id=uuid7())
    [shadow] = shadow_by(of, plans, half)
    assert shadow.key not in {limit.key for limit in limits(of, plans)}


def test_a_tenant_that_observes_draws_from_the_buckets_that_will_be_enforced() -> None:
    of, plans = subject(), rule(Scope.PLAN, 100)
    [enforced] = limits(of, plans)
    [observed] = shadow_by(of, plans, modes=Modes(tenant=EnforcementMode.OBSERVE))
    assert (observed.key, observed.mode) == (enforced.key, EnforcementMode.OBSERVE)


def test_an_agent_with_a_rule_of_its_own_does_not_try_the_general_one() -> None:
    own = rule(Scope.AGENT, 99, scope_id="helper")
    general = rule(Scope.TENANT, 5, "requests_per_minute_per_agent", mode=EnforcementMode.OBSERVE)
    assert shadow_by(subject(), own, general, agent_id="helper") == []
    assert [limit.per_minute for limit in shadow_by(subject(), own, general, agent_id="other")] == [5]


def test_an_agents_own_rule_may_be_tried_beside_the_general_one_in_force() -> None:
    own = rule(Scope.AGENT, 3, scope_id="helper", mode=EnforcementMode.OBSERVE)
    general = rule(Scope.TENANT, 50, "requests_per_minute_per_agent")
    [shadow] = shadow_by(subject(), own, general, agent_id="helper")
    [enforced] = limits(subject(), own, general, agent_id="helper")
    assert (shadow.per_minute, enforced.per_minute) == (3, 50)
    assert shadow.key != enforced.key
    assert shadow_by(subject(), own, general, agent_id="other") == []
