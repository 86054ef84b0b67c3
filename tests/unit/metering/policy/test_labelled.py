"""The policy of a call with tags or in a conversation: their rules and budgets and nobody else's, compiled once."""

from datetime import UTC, datetime
from typing import Any

from metering.ids import uuid7
from metering.policy.compile import compile_policy
from metering.policy.labelled import MAX_KEPT, LabelledPolicies, Name
from metering.policy.meter_limits import BudgetRow
from metering.policy.values import EffectivePolicy
from metering.rules.conditions import Condition, Hours
from metering.rules.rule import Rule
from metering.types import Dimension, Scope, SubjectType, Window
from tests.fakes.policy import UTC_TENANT, subject

APOLLO, GEMINI, CENTRE = "project=apollo", "project=gemini", "cost-centre=7"
TALK = "talk-7"


def budget(tag: str = APOLLO, **fields: Any) -> BudgetRow:
    values: dict[str, Any] = {"id": uuid7(), "dimension": Dimension.COST, "window": Window.DAY, "amount": 100}
    return BudgetRow(**values | {"scope": Scope.TAG, "scope_id": tag, "per": SubjectType.TAG} | fields)


def rule(key: str, value: int | str, scope: Scope = Scope.TAG, tag: str = APOLLO, **fields: Any) -> Rule:
    scope_id = tag if scope is Scope.TAG else ""
    return Rule(id=uuid7(), scope=scope, scope_id=scope_id, task=None, key=key, value=value, **fields)


def policy_of(*rows: BudgetRow | Rule) -> EffectivePolicy:
    return compile_policy(
        subject(),
        "LLM0_CHAT",
        UTC_TENANT,
        rules=[row for row in rows if isinstance(row, Rule)],
        budgets=[row for row in rows if isinstance(row, BudgetRow)],
    )


def meters(policy: EffectivePolicy, model_class: str = "BASE_S") -> set[str]:
    return {line.meter.subject_id for line in policy.limits_for(("x",), None, model_class)}


def test_where_nothing_is_about_tags_they_change_nothing() -> None:
    policy = policy_of(rule("max_tokens_out", 5, Scope.TENANT))
    assert policy.labelled is None
    assert policy.for_labels((APOLLO,), TALK) is policy


def test_a_call_without_such_a_tag_has_the_policy_of_one_without_tags() -> None:
    policy = policy_of(budget(), rule("max_tokens_out", 5))
    assert policy.for_labels((), None) is policy
    assert policy.for_labels((CENTRE, GEMINI), None) is policy
    assert (meters(policy), policy.number("max_tokens_out")) == (set(), None)


def test_each_of_a_calls_tags_brings_its_budget() -> None:
    policy = policy_of(budget(APOLLO), budget(CENTRE), budget(GEMINI), budget(APOLLO, model_class="PRO_L"))
    tagged = policy.for_labels((CENTRE, APOLLO), None)
    lines = tagged.limits_for(("x",), None, "PRO_L")
    assert sorted(line.name for line in lines) == [
        "tag cost-centre=7 cost/day",
        "tag project=apollo cost/day",
        "tag project=apollo cost/day of PRO_L",
    ]
    assert {line.meter.subject_type for line in lines} == {"tag"}
    assert len(tagged.limits_for(("x",), None, "BASE_S")) == 2


def test_the_strictest_of_the_rules_of_several_tags_counts_and_none_loosens() -> None:
    policy = policy_of(
        rule("max_tokens_out", 100, Scope.TENANT),
        rule("max_tokens_out", 50, tag=CENTRE),
        rule("max_tokens_out", 20, tag=APOLLO),
        rule("max_tokens_out", 500, tag=GEMINI),
    )
    found = [
        policy.for_labels(tags, None).number("max_tokens_out")
        for tags in ((CENTRE,), (APOLLO, CENTRE), (GEMINI,))
    ]
    assert found == [50, 20, 100]


def test_calls_at_once_of_each_tag_count_on_meters_of_their_own() -> None:
    tagged = policy_of(rule("max_concurrent", 3), rule("max_concurrent", 2, tag=CENTRE)).for_labels(
        (APOLLO, CENTRE), None
    )
    assert {(line.name, line.meter.subject_id, line.limit) for line in tagged.limits} == {
        ("tag project=apollo max_concurrent", APOLLO, 3),
        ("tag cost-centre=7 max_concurrent", CENTRE, 2),
    }


def test_a_budget_per_tag_has_a_meter_for_each_of_whatever_tags() -> None:
    plan = {"scope": Scope.PLAN, "scope_id": subject().plan}
    policy = policy_of(budget(**plan), budget(**plan, window=Window.WEEK, model_class="PRO_L"))
    tagged = policy.for_labels((APOLLO, CENTRE), None)
    assert meters(policy) == set()
    assert [line.name for line in tagged.limits] == [
        "plan cost/day of tag project=apollo",
        "plan cost/day of tag cost-centre=7",
    ]
    assert len(tagged.limits_for(("x",), None, "PRO_L")) == 4


def test_what_is_remembered_of_one_calls_limits_is_not_taken_for_anothers() -> None:
    agents = budget("helper", scope=Scope.AGENT, per=SubjectType.AGENT)
    policy = policy_of(budget(scope=Scope.PLAN, scope_id=subject().plan), agents)
    for _ in range(2):
        found = [
            {line.meter.subject_id for line in each.limits_for(("x",), "helper", "BASE_S")}
            for each in (policy, policy.for_labels((APOLLO,), None), policy.for_labels((CENTRE,), None))
        ]
        assert found == [{"helper"}, {"helper", APOLLO}, {"helper", CENTRE}]


def test_rules_of_tags_may_have_conditions() -> None:
    night = Condition(timezone="UTC", hours=(Hours(0, 360),))
    policy = policy_of(rule("max_tokens_out", 5, condition=night), rule("max_tokens_out", 50, tag=CENTRE))
    assert policy.variants is not None
    found = [
        policy.variants.at(datetime(2026, 1, 12, hour, tzinfo=UTC), {}).for_labels((APOLLO, CENTRE), None)
        for hour in (3, 12)
    ]
    assert [each.number("max_tokens_out") for each in found] == [5, 50]
    assert all(each.variants is policy.variants for each in found)


def test_required_tags_add_up_over_scopes() -> None:
    policy = policy_of(
        rule("required_tags", "project", Scope.GLOBAL),
        rule("required_tags", "cost-centre", Scope.TENANT),
        rule("required_tags", "place", tag=APOLLO),
    )
    assert policy.required_tags == ("cost-centre", "project")
    assert policy.for_labels((APOLLO,), None).required_tags == ("cost-centre", "place", "project")


def talks(**fields: Any) -> BudgetRow:
    return budget(TALK, **{"scope": Scope.CONVERSATION, "per": SubjectType.CONVERSATION} | fields)


def test_a_conversations_rules_and_budgets_count_for_its_calls_beside_those_of_their_tags() -> None:
    policy = policy_of(
        talks(),
        talks(model_class="PRO_L"),
        budget(CENTRE),
        rule("max_tokens_out", 100, Scope.TENANT),
        rule("max_tokens_out", 50, tag=CENTRE),
        Rule(
            id=uuid7(),
            scope=Scope.CONVERSATION,
            scope_id=TALK,
            task=None,
            key="max_tokens_out",
            value=20,
        ),
    )
    assert policy.for_labels((), "another") is policy
    found = policy.for_labels((CENTRE,), TALK)
    assert (found.number("max_tokens_out"), meters(found)) == (20, {TALK, CENTRE})
    assert policy.for_labels((CENTRE,), "another").number("max_tokens_out") == 50
    assert sorted(line.name for line in policy.for_labels((), TALK).limits_for(("x",), None, "PRO_L")) == [
        "conversation cost/day",
        "conversation cost/day of PRO_L",
    ]


def test_a_budget_per_conversation_has_a_meter_for_each() -> None:
    plan = {"scope": Scope.PLAN, "scope_id": subject().plan}
    policy = policy_of(talks(**plan), talks(**plan, window=Window.WEEK, model_class="PRO_L"))
    assert (policy.concerns("one"), policy.for_labels((CENTRE,), None)) == (True, policy)
    for talk in ("one", "two"):
        found = policy.for_labels((CENTRE,), talk)
        assert (meters(found), len(found.limits_for(("x",), None, "PRO_L"))) == ({talk}, 2)
        assert [line.name for line in found.limits] == ["plan cost/day"]


def test_what_callers_name_does_not_pile_up_and_compiles_nothing() -> None:
    compiled = list[frozenset[Name]]()
    unlabelled = policy_of(talks(scope=Scope.PLAN, scope_id=subject().plan))

    def compile_(own: frozenset[Name]) -> EffectivePolicy:
        compiled.append(own)
        return policy_of(rule("max_tokens_out", 5, Scope.TENANT))

    policies = LabelledPolicies(frozenset({(Scope.TAG, APOLLO), (Scope.TAG, CENTRE)}), compile_)
    for number in range(1_000):
        assert policies.of((f"n={number}", APOLLO), None, unlabelled).number("max_tokens_out") == 5
        assert meters(policies.of((), f"talk-{number}", unlabelled)) == {f"talk-{number}"}
    assert compiled == [{(Scope.TAG, APOLLO)}]
    assert len(policies._kept) <= MAX_KEPT
