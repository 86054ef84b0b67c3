"""Plans of a catalog file: features, classes, rules and their conditions."""

import pytest

from tests.unit.metering.catalog.catalog_text import parse, problems

A_NUMBER = "max_concurrent must be a whole number of calls from 0 to 1000000"


def test_a_plan_without_features_has_those_of_its_tasks() -> None:
    [plan] = parse("plans: {P: {tasks: {LLM2_DRAFT: {classes: [PRO_M]}}}}").plans
    assert plan.features == ("DRAFTING",)


def test_a_plan_that_lists_no_feature_has_none() -> None:
    [plan] = parse("plans: {P: {features: [], tasks: {LLM2_DRAFT: {classes: [PRO_M]}}}}").plans
    assert plan.features == ()


def test_classes_are_kept_from_cheap_to_dear_and_the_cheapest_is_the_default() -> None:
    [plan] = parse("plans: {P: {tasks: {LLM0_CHAT: {classes: [PRO_L, BASE_M]}}}}").plans
    assert plan.access[0].classes == ("BASE_M", "PRO_L")
    assert plan.access[0].default_class == "BASE_M"


def test_the_default_class_is_one_of_the_classes() -> None:
    text = "plans: {P: {tasks: {LLM0_CHAT: {classes: [PRO_L], default_class: BASE_M}}}}"
    assert "unknown value 'BASE_M'" in problems(text)[0]


def test_values_keep_their_type() -> None:
    text = """\
        plans:
          P:
            rules:
              - {key: max_concurrent, value: 1_000, task: LLM0_CHAT}
              - {key: on_disconnect, value: drain}
        """
    assert [rule.value for rule in parse(text).plans[0].rules] == [1000, "drain"]


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        (
            "key: max_concurrent, value: yes",
            f"{A_NUMBER}, not 'yes'",
        ),
        (
            "key: max_concurrent, value: true",
            f"{A_NUMBER}, not True",
        ),
        (
            'key: max_concurrent, value: "5"',
            f"{A_NUMBER}, not '5'",
        ),
        ("key: on_disconnect, value: off", "on_disconnect must be one of drain, cancel, not 'off'"),
    ],
)
def test_a_rule_that_the_registry_refuses_is_a_problem_with_its_line(rule: str, problem: str) -> None:
    text = f"plans:\n  P:\n    rules:\n      - {{{rule}}}"
    assert problems(text) == [f"line 4: plans.P.rules[1].value: {problem}"]


def test_conditions_are_kept_as_they_are() -> None:
    text = "plans: {P: {rules: [{key: max_concurrent, value: 1, when: {hours: 22:00-06:00, valid_until: 2026-12-31}}]}}"
    [rule] = parse(text).plans[0].rules
    assert rule.conditions == {"hours": "22:00-06:00", "valid_until": "2026-12-31"}


def test_a_condition_that_cannot_be_read_is_a_problem_with_its_line() -> None:
    text = """\
        plans:
          P:
            rules:
              - key: max_concurrent
                value: 1
                when: {days: [mon, tues]}
        """
    assert problems(text) == [
        "line 6: plans.P.rules[1].when: when.days must be a list of mon, tue, wed, thu, fri, sat, sun, "
        "not ['mon', 'tues']"
    ]


def test_the_same_rule_twice_is_a_problem() -> None:
    text = "plans:\n  P:\n    rules:\n      - {key: max_concurrent, value: 1}\n      - {key: max_concurrent, value: 2}"
    assert problems(text)[0].startswith("line 5: plans.P.rules[2]: says again what line 4 says")


def test_the_same_key_for_another_task_or_condition_is_another_rule() -> None:
    text = """\
        plans: {P: {rules: [{key: max_concurrent, value: 1}, {key: max_concurrent, value: 1, task: LLM0_CHAT},
                            {key: max_concurrent, value: 1, when: {days: [mon]}},
                            {key: max_concurrent, value: 1, mode: observe}]}}
        """
    assert len(parse(text).plans[0].rules) == 4


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("{value: 1}", "needs 'key' and 'value'"),
        ("{key: max_concurrent}", "needs 'key' and 'value'"),
        ("{key: max_concurrent, value: 1, when: always}", "expected a mapping of conditions"),
        ("{key: max_concurrent, value: 1, when: {a: &a [*a]}}", "contains itself"),
        ("{key: max_concurrent, value: 1, task: LLM9}", "unknown value 'LLM9'"),
        ("{key: max_concurrent, value: 1, mode: block}", "unknown value 'block'"),
        ("[key, x]", "expected a mapping of keys to values, not a list"),
    ],
)
def test_a_rule_that_cannot_be_read_is_a_problem(rule: str, problem: str) -> None:
    assert problem in problems(f"plans: {{P: {{rules: [{rule}]}}}}")[0]


def test_a_task_without_classes_is_a_problem() -> None:
    [problem] = problems("plans: {P: {tasks: {LLM0_CHAT: {}}}}")
    assert problem.startswith("line 1: plans.P.tasks.LLM0_CHAT: needs 'classes'")


@pytest.mark.parametrize("body", ["features: CHAT", "features: [[CHAT]]", "name: [a]", "tasks: []"])
def test_a_value_of_the_wrong_shape_is_a_problem(body: str) -> None:
    assert len(problems(f"plans: {{P: {{{body}}}}}")) == 1


def test_a_value_that_contains_itself_is_refused() -> None:
    assert "contains itself" in problems("plans: {P: {rules: [{key: max_concurrent, value: &a [*a]}]}}")[0]


@pytest.mark.parametrize(
    ("rule", "lines"),
    [
        ("key: max_concurrent, value: 1, when: {days: [mon],\n days: [sat]}", (3, 2)),
        (
            "key: max_concurrent, value: 1, when: {usage: {budget: cost/month, from_percent: 50,\n from_percent: 90}}",
            (3, 2),
        ),
        ("key: max_concurrent, value: {a: 1,\n\n a: 2}", (4, 2)),
    ],
)
def test_a_key_within_a_rule_that_occurs_twice_is_refused_with_both_lines(
    rule: str, lines: tuple[int, int]
) -> None:
    found = problems(f"plans: {{P: {{rules: [\n {{{rule}}}]}}}}")
    assert any(f"occurs twice, on line {lines[0]} and first on line {lines[1]}" in each for each in found), (
        found
    )


def test_a_key_within_a_rule_that_is_no_text_is_refused() -> None:
    found = problems("plans: {P: {rules: [{key: max_concurrent, value: 1, when: {[mon]: days}}]}}")
    assert "a key must be plain text" in found[0]
