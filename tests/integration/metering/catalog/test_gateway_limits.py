"""`rules` and `budgets` at the top of a catalog file: those of the gateway as a whole."""

from django.utils.timezone import now

from metering.catalog.dump_catalog import as_yaml, dump_catalog
from metering.models import AuditEvent, Budget, PolicyRule
from metering.types import Scope
from tests.factories import BudgetFactory, RuleFactory

LIMITS = """
rules:
  - {key: requests_per_minute, value: 100}
  - {key: max_tokens_out, value: 5, task: LLM0_CHAT, mode: observe}
budgets:
  - {dimension: cost, window: hour, amount: 10}
  - {dimension: requests, window: day, amount: 7, per: user, soft: true}
"""


def dumped() -> str:
    return as_yaml(dump_catalog(now=now()))


def test_they_are_for_the_gateway_and_count_it_unless_the_file_says_otherwise(load) -> None:
    load(LIMITS)
    assert set(PolicyRule.objects.values_list("scope", "scope_id", "key")) == {
        ("global", "", "requests_per_minute"),
        ("global", "", "max_tokens_out"),
    }
    assert set(Budget.objects.values_list("scope", "per", "window", "amount", "hard")) == {
        ("global", "global", "hour", 10 * 10**9, True),
        ("global", "user", "day", 7, False),
    }


def test_loading_them_again_changes_nothing(load) -> None:
    assert [change.as_line() for change in load(LIMITS)] == [
        "+ gateway rule requests_per_minute: value 100",
        "+ gateway rule max_tokens_out LLM0_CHAT: value 5",
        "+ gateway budget cost/hour: amount $10",
        "+ gateway budget requests/day per user: amount 7",
    ]
    assert load(LIMITS) == []
    assert AuditEvent.objects.filter(action="catalog.added").count() == 4


def test_another_amount_changes_the_budget_and_what_is_not_named_stays(load) -> None:
    load(LIMITS)
    changes = load("budgets: [{dimension: cost, window: hour, amount: 20}]")
    assert [change.as_line() for change in changes] == ["~ gateway budget cost/hour: amount $10 -> $20"]
    assert Budget.objects.filter(is_active=True).count() == 2
    assert PolicyRule.objects.filter(is_active=True).count() == 2


def test_a_dump_has_them_and_loads(load) -> None:
    load(LIMITS)
    text = dumped()
    assert load(text) == []
    Budget.objects.all().delete()
    PolicyRule.objects.all().delete()
    assert len(load(text)) == 4
    assert dumped() == text


def test_a_gateway_without_limits_has_no_such_sections(load) -> None:
    BudgetFactory()
    RuleFactory()
    BudgetFactory(scope=Scope.GLOBAL, tenant=None, per="global", is_active=False)
    assert {"rules", "budgets"}.isdisjoint(dump_catalog(now=now()))
