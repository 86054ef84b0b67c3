from metering.ids import uuid7
from metering.policy.merge import Rule
from metering.policy.rate_limit import RateLimit
from metering.policy.rates import rate_limits
from metering.policy.values import PolicySubject
from metering.types import EnforcementMode, Scope
from tests.fakes.policy import ALDER, subject

ENFORCE = EnforcementMode.ENFORCE


def rule(scope: Scope, value: int, key: str = "requests_per_minute", **facts: object) -> Rule:
    values = {"id": uuid7(), "scope": scope, "task": None, "key": key, "value": value}
    return Rule(**{**values, **facts})  # type: ignore[arg-type]


def limits(of: PolicySubject, *rules: Rule, mode: EnforcementMode = ENFORCE) -> list[RateLimit]:
    return list(rate_limits(rules, of, mode))


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
