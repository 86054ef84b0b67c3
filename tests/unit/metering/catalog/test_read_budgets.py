"""Budgets of a plan in a catalog file: exact amounts of what can be counted."""

import pytest

from tests.unit.metering.catalog.catalog_text import parse, problems


def budget(fields: str):
    return parse(f"plans: {{P: {{budgets: [{{{fields}}}]}}}}").plans[0].budgets[0]


def problems_of(fields: str) -> list[str]:
    return problems(f"plans: {{P: {{budgets: [{{{fields}}}]}}}}")


def test_cost_is_exact_to_the_nano_dollar() -> None:
    assert budget("dimension: cost, window: day, amount: 0.100000001").amount == 100_000_001


def test_a_budget_is_hard_and_counts_the_tenant_unless_it_says_otherwise() -> None:
    plain = budget("dimension: requests, window: day, amount: 5")
    assert (plain.hard, plain.per, plain.task, plain.model_class) == (True, "tenant", None, None)
    other = budget(
        "dimension: steps, window: total, amount: 5, soft: true, per: agent, task: LLM2_DRAFT, class: PRO_M"
    )
    found = (other.hard, other.per, other.task, other.model_class)
    assert found == (False, "agent", "LLM2_DRAFT", "PRO_M")
    assert budget("dimension: cost, window: day, amount: 1, per: conversation").per == "conversation"


@pytest.mark.parametrize(
    "fields",
    [
        "dimension: requests, window: day, amount: 1.5",
        "dimension: requests, window: day, amount: -1",
        "dimension: requests, window: day, amount: 4611686018427387905",
        "dimension: requests, window: day",
        "dimension: cost, window: day, amount: 0.0000000001",
        "dimension: cost, window: day, amount: 99999999999999",
        "dimension: requests, window: day, amount: 1, per: provider",
        "dimension: requests, window: fortnight, amount: 1",
        "dimension: requests, window: day, amount: 1, thresholds: [0]",
        "dimension: requests, window: day, amount: 1, soft: maybe",
        "dimension: requests, window: day, amount: 1, class: PRO_XXL",
    ],
)
def test_what_makes_no_sense_is_refused(fields: str) -> None:
    assert len(problems_of(fields)) == 1


def test_what_is_no_budget_says_what_it_is() -> None:
    assert "use the rule max_concurrent" in problems_of("dimension: concurrency, amount: 3")[0]
    assert "requests_per_minute" in problems_of("dimension: requests, window: minute, amount: 3")[0]


def test_counting_the_same_twice_is_a_problem() -> None:
    budget = "{dimension: cost, window: day, amount: 1}"
    [problem] = problems(f"plans: {{P: {{budgets: [{budget}, {budget}]}}}}")
    assert "counts again what line 1 counts" in problem
    other = "{dimension: cost, window: day, amount: 1, class: PRO_M}"
    parse(f"plans: {{P: {{budgets: [{budget}, {other}]}}}}")
