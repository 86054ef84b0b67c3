from datetime import UTC, datetime
from uuid import uuid4

import pytest

from metering.ids import uuid7
from metering.policy.compile import compile_policy
from metering.policy.enforcement import Modes
from metering.policy.meter_limits import BudgetRow, TenantCalendar, budget_limit, concurrency_limits
from metering.rules.conditions import Condition, Hours
from metering.rules.rule import Rule
from metering.types import Dimension, EnforcementMode, Scope, SubjectType, Window
from tests.fakes.policy import ALDER, UTC_TENANT, subject

BERLIN = TenantCalendar(timezone="Europe/Berlin", week_start=6)


def budget(scope: Scope, per: SubjectType, **fields: object) -> BudgetRow:
    values = {
        "id": uuid7(),
        "scope": scope,
        "scope_id": subject().plan if scope is Scope.PLAN else "",
        "per": per,
        "dimension": Dimension.COST,
        "window": Window.DAY,
        "amount": 100,
    }
    return BudgetRow(**{**values, **fields})  # type: ignore[arg-type]


def max_concurrent(scope: Scope, value: int, **fields: object) -> Rule:
    return Rule(id=uuid7(), scope=scope, task=None, key="max_concurrent", value=value, **fields)  # type: ignore[arg-type]


def test_a_plan_budget_gives_each_user_a_meter() -> None:
    each_user = budget(Scope.PLAN, SubjectType.USER)
    users = [uuid4(), uuid4()]
    meters = [budget_limit(each_user, subject(user_id=user), UTC_TENANT, Modes()).meter for user in users]
    assert [meter.subject_id for meter in meters] == [str(user) for user in users]
    assert {(meter.subject_type, meter.tenant_id) for meter in meters} == {("user", ALDER)}


def test_a_bare_token_counts_as_one_user() -> None:
    bare = subject()
    meter = budget_limit(budget(Scope.PLAN, SubjectType.USER), bare, UTC_TENANT, Modes()).meter
    assert (meter.subject_type, meter.subject_id) == ("user", str(bare.token_id))


def test_calls_outside_every_team_share_a_meter_like_one_more_team() -> None:
    meter = budget_limit(budget(Scope.PLAN, SubjectType.TEAM), subject(), UTC_TENANT, Modes()).meter
    assert (meter.subject_type, meter.subject_id, meter.tenant_id) == ("team", "", ALDER)


def test_limits_that_count_the_same_thing_stand_on_one_meter() -> None:
    of_plan, own = budget(Scope.PLAN, SubjectType.TENANT), budget(Scope.TENANT, SubjectType.TENANT, amount=7)
    lines = [budget_limit(row, subject(), UTC_TENANT, Modes()) for row in (of_plan, own)]
    assert lines[0].meter == lines[1].meter
    assert [(line.limit, line.budget_id) for line in lines] == [(100, of_plan.id), (7, own.id)]


@pytest.mark.parametrize(
    "other",
    [
        {"task": "LLM2_DRAFT"},
        {"model_class": "PRO_L"},
        {"dimension": Dimension.TOKENS},
        {"window": Window.WEEK},
    ],
)
def test_what_counts_something_else_has_a_meter_of_its_own(other: dict[str, object]) -> None:
    rows = [budget(Scope.TENANT, SubjectType.TENANT), budget(Scope.TENANT, SubjectType.TENANT, **other)]
    first, second = (budget_limit(row, subject(), UTC_TENANT, Modes()).meter for row in rows)
    assert first != second


@pytest.mark.parametrize(
    ("per", "told"), [("tenant", "80"), ("team", "80"), ("agent", "80"), ("user", ""), ("token", "")]
)
def test_the_budget_of_a_plan_that_the_tenant_is_on_elsewhere_counts_and_denies_nothing(
    per: str, told: str
) -> None:
    row = budget(Scope.PLAN, SubjectType(per), scope_id="OTHER", thresholds=(80,))
    line = budget_limit(row, subject(), UTC_TENANT, Modes())
    assert (line.enforced, line.only_counts, line.thresholds) == (False, True, told)


def test_windows_follow_the_tenants_calendar_but_shared_meters_utc() -> None:
    own = budget_limit(budget(Scope.TENANT, SubjectType.TENANT), subject(), BERLIN, Modes()).meter
    shared = budget_limit(budget(Scope.GLOBAL, SubjectType.GLOBAL), subject(), BERLIN, Modes()).meter
    assert (own.timezone, own.week_start, own.tenant_id) == ("Europe/Berlin", 6, ALDER)
    assert (shared.timezone, shared.week_start, shared.tenant_id) == ("UTC", 0, None)


@pytest.mark.parametrize(
    ("scope", "per", "hard", "budget_mode", "tenant_mode", "enforced"),
    [
        ("tenant", "tenant", True, "enforce", "enforce", True),
        ("tenant", "tenant", False, "enforce", "enforce", False),
        ("tenant", "tenant", True, "observe", "enforce", False),
        ("tenant", "tenant", True, "warn", "enforce", False),
        ("tenant", "tenant", True, "enforce", "observe", False),
        ("plan", "user", True, "enforce", "warn", False),
        ("global", "global", True, "enforce", "observe", True),
        ("provider", "provider", True, "enforce", "observe", True),
    ],
)
def test_what_is_enforced(
    scope: str, per: str, hard: bool, budget_mode: str, tenant_mode: str, enforced: bool
) -> None:
    row = budget(Scope(scope), SubjectType(per), hard=hard, mode=EnforcementMode(budget_mode))
    modes = Modes(tenant=EnforcementMode(tenant_mode))
    assert budget_limit(row, subject(), UTC_TENANT, modes).enforced is enforced


def test_the_base_rule_counts_the_tenant_and_narrower_rules_their_own_subject() -> None:
    user = uuid4()
    plan, own = max_concurrent(Scope.PLAN, 10), max_concurrent(Scope.USER, 2)
    lines = concurrency_limits([plan, own], subject(user_id=user), UTC_TENANT, Modes())
    assert {(line.budget_id, line.meter.subject_type, line.limit) for line in lines} == {
        (plan.id, "tenant", 10),
        (own.id, "user", 2),
    }
    assert all(line.meter.window is Window.NONE for line in lines)


def test_trying_a_tighter_concurrency_keeps_the_present_one() -> None:
    present = max_concurrent(Scope.PLAN, 10)
    observed = max_concurrent(Scope.TENANT, 1, mode=EnforcementMode.OBSERVE)
    lines = concurrency_limits([present, observed], subject(), UTC_TENANT, Modes())
    assert {(line.limit, line.enforced) for line in lines} == {(10, True), (1, False)}
    assert lines[0].meter == lines[1].meter


def test_provider_and_agent_budgets_apply_to_their_own_calls() -> None:
    rows = [
        budget(Scope.PROVIDER, SubjectType.PROVIDER, scope_id="openai", amount=1),
        budget(Scope.AGENT, SubjectType.AGENT, scope_id="helper", amount=2),
        budget(Scope.PLAN, SubjectType.AGENT, amount=3),
        budget(Scope.GLOBAL, SubjectType.PROVIDER, amount=4),
        budget(Scope.TENANT, SubjectType.TENANT, amount=5),
    ]
    policy = compile_policy(subject(), "LLM0_CHAT", UTC_TENANT, rules=[], budgets=rows)

    def limits(provider: str, agent: str | None) -> list[int]:
        return sorted(line.limit for line in policy.limits_for((provider,), agent, "BASE_S"))

    assert limits("openai", "helper") == [1, 2, 3, 4, 5]
    assert limits("openai", None) == [1, 4, 5]
    assert limits("groq", "other") == [3, 4, 5]


def test_each_agent_has_a_meter_of_its_own() -> None:
    rows = [budget(Scope.PLAN, SubjectType.AGENT)]
    policy = compile_policy(subject(), "LLM0_CHAT", UTC_TENANT, rules=[], budgets=rows)
    (first,), (second,) = policy.limits_for(("x",), "a", "BASE_S"), policy.limits_for(("x",), "b", "BASE_S")
    assert (first.meter.subject_id, second.meter.subject_id) == ("a", "b")


def test_agent_names_from_callers_do_not_pile_up() -> None:
    rows = [budget(Scope.PLAN, SubjectType.AGENT)]
    policy = compile_policy(subject(), "LLM0_CHAT", UTC_TENANT, rules=[], budgets=rows)
    for number in range(2_000):
        policy.limits_for(("x",), f"agent-{number}", "BASE_S")
    assert len(policy._memo) <= 256


def test_calls_in_flight_count_on_one_meter_before_and_after_a_condition_changes_the_limit() -> None:
    night = Condition(timezone="UTC", hours=(Hours(0, 360),))
    plain, at_night = max_concurrent(Scope.PLAN, 10), max_concurrent(Scope.TENANT, 2, condition=night)
    policy = compile_policy(subject(), "LLM0_CHAT", UTC_TENANT, rules=[plain, at_night], budgets=[])
    assert policy.variants is not None
    limits = {}
    for hour in (3, 12):
        (line,) = policy.variants.at(datetime(2026, 1, 12, hour, tzinfo=UTC), {}).limits
        limits[hour] = (line.limit, line.budget_id, line.source_id)
    assert limits == {3: (2, plain.id, at_night.id), 12: (10, plain.id, plain.id)}
