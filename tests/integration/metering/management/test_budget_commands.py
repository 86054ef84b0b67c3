"""Budgets set and shown by commands."""

import pytest

from metering.models import Budget, PolicyRule
from tests.factories import MeterFactory, alder, birch
from tests.integration.metering.management.asking import answer, refusal, text

pytestmark = pytest.mark.django_db
SET = ("set_budget", "--tenant", "alder", "--dimension", "cost", "--window", "month", "--amount")


def test_setting_again_changes_the_amount() -> None:
    alder()
    first, again = answer(*SET, "100"), answer(*SET, "0.5", "--soft")
    assert (first["limit"], first["created"], first["hard"]) == ("100", True, True)
    assert (again["limit"], again["created"], again["hard"]) == ("0.5", False, False)
    assert first["budget"] == again["budget"]
    assert Budget.objects.get().amount == 500_000_000


def test_without_a_tenant_it_is_the_whole_gateway_s() -> None:
    made = answer("set_budget", "--dimension", "requests", "--window", "hour", "--amount", "5")
    assert (made["scope"], made["scope_id"], made["limit"], made["unit"]) == ("global", "", 5, "requests")


@pytest.mark.parametrize("amount", ["many", "-1", "1e400", "0.0000000001"])
def test_a_bad_amount_is_one_line(amount: str) -> None:
    alder()
    error = refusal(*SET[:-1], f"--amount={amount}")
    assert str(error).startswith("The amount must be US dollars")
    assert error.returncode == 1


def test_status_has_the_keys_that_others_rely_on() -> None:
    alder()
    answer(*SET, "10")
    MeterFactory(budget=Budget.objects.get(), used=2_500_000_000, held=1)
    [row] = answer("budget_status", "--tenant", "alder")
    assert row["reset_at"].endswith("Z")
    expected = {
        "budget": str(Budget.objects.get().pk),
        "scope": "tenant",
        "scope_id": "alder",
        "dimension": "cost",
        "unit": "usd",
        "window": "month",
        "limit": "10",
        "used": "2.5",
        "held": "0.000000001",
        "overrun": "0",
        "unenforced": "0",
    }
    assert {key: row[key] for key in expected} == expected


def test_status_of_one_tenant_has_nothing_of_another() -> None:
    alder(), birch()
    answer(*SET, "10")
    assert answer("budget_status", "--tenant", "birch") == []
    assert "alder" not in text("budget_status", "--tenant", "birch")
    assert "alder" in text("budget_status")


def test_an_unknown_tenant_is_one_line() -> None:
    assert str(refusal("budget_status", "--tenant", "nobody")) == "There is no tenant 'nobody'."


def test_a_top_up_raises_the_budget_of_cost_in_all_once_for_each_payment() -> None:
    alder()
    top_up = ("top_up", "--tenant", "alder", "--amount", "25.5", "--reference", "INV-7")
    assert "no budget of cost in all" in str(refusal(*top_up))
    answer("set_budget", "--tenant", "alder", "--dimension", "cost", "--window", "total", "--amount", "0")
    assert [answer(*top_up)["created"] for _ in range(2)] == [True, False]
    [status] = answer("budget_status", "--tenant", "alder")
    assert (status["limit"], status["override"]) == ("25.5", "25.5")


@pytest.mark.parametrize("option", ["--tenant", "--user", "--plan", "--provider", "--task"])
def test_an_empty_target_sets_nothing_for_anybody_else(option: str) -> None:
    """`--user "$ANN"` without an ANN would set the whole tenant's."""
    alder()
    named = () if option in ("--tenant", "--plan", "--provider") else ("--tenant", "alder")
    for command in (("set_rule", "--key", "max_steps", "--value", "3"), ("set_budget", *SET[3:], "5")):
        error = refusal(*command, *named, f"{option}=")
        assert f"{option} is empty" in str(error)
    assert not Budget.objects.exists()
    assert not PolicyRule.objects.exists()
