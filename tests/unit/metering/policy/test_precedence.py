"""Precedence and tightening as properties of whole policies."""

import random
from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from metering.decisions.decision import Standing
from metering.decisions.trace import COUNTED_APART, rule_steps
from metering.policy.compile import compile_policy
from metering.policy.values import CallRates, EffectivePolicy, Limits, PolicySubject
from metering.rules.conditions import Condition, Hours
from metering.rules.registry import REGISTRY
from metering.rules.rule import BASE_SCOPES, TIGHTENING_SCOPES, Rule
from metering.rules.rule_key import Merge, RuleKey
from metering.types import EnforcementMode, Scope
from tests.fakes.policy import ALDER, UTC_TENANT, subject

TASK = "LLM0_CHAT"
WHO: PolicySubject = subject(team_id=UUID(int=1), user_id=UUID(int=2), token_id=UUID(int=3), tenant_id=ALDER)
NOON = datetime(2026, 1, 12, 12, tzinfo=UTC)
CONDITIONS = (
    None,
    Condition(timezone="UTC", hours=(Hours(540, 1020),)),  # holds at noon
    Condition(timezone="UTC", hours=(Hours(0, 60),)),  # does not
)
LIMITS = sorted(name for name, spec in REGISTRY.items() if spec.merge is not Merge.REPLACE)


UNITED = frozenset(name for name, spec in REGISTRY.items() if spec.merge is Merge.UNION)
TAGS = ("cost-centre=7", "project=apollo")
NAMED = {Scope.TAG: TAGS, Scope.CONVERSATION: ("talk-7",)}


def values(spec: RuleKey) -> st.SearchStrategy[int | str]:
    if spec.is_keys:
        return st.sampled_from(["project", "cost-centre", "cost-centre,project", "place"])
    if spec.choices:
        return st.sampled_from([str(choice) for choice in spec.choices])
    return st.integers(max(spec.low, 0), min(spec.high, 60))


@st.composite
def rules(draw: st.DrawFn, scopes: tuple[Scope, ...]) -> Rule:
    spec = REGISTRY[draw(st.sampled_from(LIMITS))]
    scope = draw(st.sampled_from(scopes))
    return Rule(
        id=UUID(int=draw(st.integers(10, 10**6))),
        scope=scope,
        scope_id=draw(st.sampled_from(NAMED.get(scope, ("",)))),
        task=draw(st.sampled_from([None, TASK])),
        key=spec.name,
        value=draw(values(spec)),
        priority=draw(st.integers(-2, 2)),
        mode=draw(st.sampled_from(EnforcementMode)),
        enforce_percent=draw(st.sampled_from([0, 50, 100])),
        condition=draw(st.sampled_from(CONDITIONS)),
    )


def distinct(found: list[Rule]) -> list[Rule]:
    return list({rule.id: rule for rule in found}.values())


ANY_RULES = st.lists(rules(BASE_SCOPES + TIGHTENING_SCOPES), max_size=12).map(distinct)


def policy_of(found: list[Rule]) -> EffectivePolicy:
    policy = compile_policy(WHO, TASK, UTC_TENANT, rules=found, budgets=[])
    return (policy.variants.at(NOON, {}) if policy.variants else policy).for_labels(TAGS, "talk-7")


def drawn(rates: CallRates) -> Limits:
    return rates.for_call(provider="sandbox", agent_id="helper", address="192.0.2.1")


def is_part(keys: int | str, of: int | str) -> bool:
    return set(str(keys).split(",")) <= set(str(of).split(","))


def strictness(policy: EffectivePolicy, key: str) -> float:
    """The larger, the less is allowed; without a value: the key's default, or unlimited."""
    spec, setting = REGISTRY[key], policy.settings.get(key)
    value = setting.value if setting else spec.default
    return float("-inf") if value is None else spec.strictness(value)


@given(ANY_RULES, rules(TIGHTENING_SCOPES))
def test_one_more_team_user_token_or_tag_rule_never_allows_more(found: list[Rule], added: Rule) -> None:
    before, after = (
        policy_of(found),
        policy_of(distinct([*found, added]))
        if added.id not in {rule.id for rule in found}
        else policy_of(found),
    )
    for key in LIMITS:
        assert strictness(after, key) >= strictness(before, key)
    allowed = {line.meter: line.limit for line in after.limits if line.enforced}
    for line in before.limits:
        if line.enforced:
            # The meter may have become that of a tighter rule of the same subject.
            same = [
                limit for meter, limit in allowed.items() if meter.subject_type == line.meter.subject_type
            ]
            assert min(same) <= line.limit
    buckets = {rate.key: rate.per_minute for rate in drawn(after.rates)}
    for rate in drawn(before.rates):
        assert buckets[rate.key] <= rate.per_minute


@given(ANY_RULES, st.randoms(use_true_random=False))
def test_the_order_in_which_rules_were_written_does_not_matter(
    found: list[Rule], shuffler: random.Random
) -> None:
    shuffled = list(found)
    shuffler.shuffle(shuffled)
    one, other = policy_of(found), policy_of(shuffled)
    assert (one.settings, one.shadow_settings, one.mode) == (
        other.settings,
        other.shadow_settings,
        other.mode,
    )
    assert set(one.limits) == set(other.limits)
    assert set(drawn(one.rates)) == set(drawn(other.rates))
    assert set(drawn(one.shadow_rates)) == set(drawn(other.shadow_rates))


@given(ANY_RULES)
def test_the_source_of_a_value_is_a_rule_that_holds_is_enforced_and_says_it(found: list[Rule]) -> None:
    policy = policy_of(found)
    by_id = {rule.id: rule for rule in found}
    for key, setting in policy.settings.items():
        source = by_id[setting.rule_id]
        assert (source.key, source.scope) == (key, setting.scope)
        assert source.value == setting.value or (key in UNITED and is_part(source.value, setting.value))
        assert source.mode is EnforcementMode.ENFORCE
        assert source.condition in (None, CONDITIONS[1])


@given(ANY_RULES)
def test_the_trace_names_exactly_the_rules_whose_values_are_in_force(found: list[Rule]) -> None:
    policy = policy_of(found)
    steps = list(rule_steps(policy, None))
    assert {step.source_id for step in steps} == {rule.id for rule in found}
    in_force = [step for step in steps if step.outcome is Standing.IN_FORCE]
    named = {step.source_id for step in in_force if step.rule not in UNITED}
    settings = {
        setting.rule_id
        for key, setting in policy.settings.items()
        if key not in COUNTED_APART and key not in UNITED
    }
    lines = {line.source_id for line in policy.limits if line.enforced}
    buckets = {rate.rule_id for rate in policy.rates.everything()} - {None}
    assert named == settings | lines | buckets
    for step in steps:
        if (
            step.outcome is Standing.IN_FORCE
            and step.rule in policy.settings
            and step.rule not in COUNTED_APART
        ):
            value = policy.settings[step.rule].value
            assert step.value == value or (step.rule in UNITED and is_part(step.value, value))
    for key in UNITED & policy.settings.keys():
        assert policy.settings[key].rule_id in {step.source_id for step in in_force}


@given(ANY_RULES)
def test_what_is_tried_is_never_looser_than_what_is_in_force(found: list[Rule]) -> None:
    policy = policy_of(found)
    for key, shadow in policy.shadow_settings.items():
        assert shadow.mode is not EnforcementMode.ENFORCE
        if key in policy.settings:
            assert REGISTRY[key].strictness(shadow.value) > strictness(policy, key)


@given(ANY_RULES)
def test_a_call_needs_the_tags_that_any_rule_in_force_names(found: list[Rule]) -> None:
    enforced = {
        key
        for rule in found
        if rule.key == "required_tags"
        and rule.mode is EnforcementMode.ENFORCE
        and rule.enforce_percent == 100
        and rule.condition in (None, CONDITIONS[1])
        for key in str(rule.value).split(",")
    }
    policy = policy_of(found)
    if policy.mode is EnforcementMode.ENFORCE:
        assert enforced <= set(policy.required_tags)
    tried = policy.shadow_settings.get("required_tags")
    assert tried is None or is_part(",".join(policy.required_tags) or str(tried.value), tried.value)
