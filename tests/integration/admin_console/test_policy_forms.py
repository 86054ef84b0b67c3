"""Rules and budgets entered in the console: in people's units, and refused in plain words."""

import pytest
from django.test import Client

from metering.models import (
    AuditEvent,
    Budget,
    PolicyRule,
    UsageMeter,
)
from tests.integration.admin_console import rows
from tests.integration.admin_console.conftest import Url
from tests.integration.admin_console.forms import errors_of

RULE = {
    "scope": "plan",
    "scope_id": "PRO",
    "priority": 0,
    "mode": "enforce",
    "enforce_percent": 100,
    "conditions": "{}",
    "is_active": "on",
}
BUDGET = {
    "scope": "plan", "scope_id": "PRO", "per": "user", "window": "month", "mode": "enforce",
    "enforce_percent": 100,
    "on_expiry": "charge", "thresholds": "80,95,100", "hard": "on", "is_active": "on",
}  # fmt: skip


@pytest.mark.parametrize(
    ("key", "value", "task", "sentence"),
    [
        ("max_tokens_out", "0", "", "a whole number of tokens from 1"),
        ("on_disconnect", "explode", "", "one of drain, cancel"),
        ("log_content", "full", "", "log_content cannot be set: nothing in this version reads it"),
        ("max_tokens_out", "many", "", "a whole number of tokens"),
    ],
)
def test_an_invalid_rule_is_a_form_error(
    console: Client, url: Url, key: str, value: str, task: str, sentence: str
) -> None:
    rows.catalog()
    errors = errors_of(
        console.post(url(PolicyRule, "add"), {**RULE, "key": key, "value": value, "task": task})
    )
    assert sentence in str(errors["value"])


@pytest.mark.parametrize(
    ("conditions", "sentence"),
    [
        ('{"hours": "9-17"}', "such as 09:00-17:00"),
        ('{"days": ["monday"]}', "a list of mon, tue, wed"),
        ('["mon"]', "a mapping of days, hours"),
        ('{"days": ["mon"], "days": ["sat"]}', "days occurs twice, as members 1 and 2"),
        ("[" * 100_000 + "]" * 100_000, "nested too deeply"),
    ],
)
def test_a_condition_that_cannot_be_read_is_a_form_error(
    console: Client, url: Url, conditions: str, sentence: str
) -> None:
    rows.catalog()
    form = {**RULE, "key": "max_tokens_out", "value": "400", "conditions": conditions}
    errors = errors_of(console.post(url(PolicyRule, "add"), form))
    assert sentence in str(errors["conditions"])


def test_the_forms_say_what_to_write_where_one_has_to_know(console: Client, url: Url) -> None:
    rule, budget = (console.get(url(model, "add")).content.decode() for model in (PolicyRule, Budget))
    assert "of a plan its code" in rule
    assert "09:00-17:00" in rule
    assert "of a plan its code" in budget


def test_a_key_that_does_not_count_for_the_scope_is_a_form_error(console: Client, url: Url) -> None:
    rows.catalog()
    form = {**RULE, "scope": "provider", "scope_id": "sandbox", "key": "max_tokens_out", "value": "400"}
    errors = errors_of(console.post(url(PolicyRule, "add"), form))
    assert "for which the keys are requests_per_minute, tokens_per_minute" in str(errors["value"])


def test_a_valid_rule_is_saved(console: Client, url: Url) -> None:
    rows.catalog()
    assert (
        console.post(url(PolicyRule, "add"), {**RULE, "key": "max_tokens_out", "value": "400"}).status_code
        == 302
    )
    assert PolicyRule.objects.get().value == 400


def test_a_scope_that_does_not_fit_is_a_form_error(console: Client, url: Url) -> None:
    form = {**RULE, "key": "max_tokens_out", "value": "400", "scope": "user", "scope_id": ""}
    assert set(errors_of(console.post(url(PolicyRule, "add"), form))) == {"tenant", "scope_id"}


def test_a_cost_budget_is_entered_and_shown_in_dollars(console: Client, url: Url) -> None:
    rows.catalog()
    response = console.post(url(Budget, "add"), {**BUDGET, "dimension": "cost", "amount": "12.34"})
    assert response.status_code == 302
    budget = Budget.objects.get()
    assert budget.amount == 12_340_000_000
    assert b'value="12.34"' in console.get(url(Budget, "change", budget.pk)).content
    assert b"$12.34" in console.get(url(Budget)).content
    assert AuditEvent.objects.get(action="budget.added").facts["values"]["amount"] == "12.34"


@pytest.mark.parametrize(
    ("dimension", "amount"),
    [
        ("tokens", "1.5"),
        ("cost", "0.0000000001"),
        ("cost", "1e30"),
        ("requests", "1e30"),
        ("tokens", "-1"),
        ("cost", "NaN"),
    ],
)
def test_an_amount_that_cannot_be_counted_is_a_form_error(
    console: Client, url: Url, dimension: str, amount: str
) -> None:
    rows.catalog()
    assert "amount" in errors_of(
        console.post(url(Budget, "add"), {**BUDGET, "dimension": dimension, "amount": amount})
    )


def test_calls_at_once_have_a_rule_and_no_budget(console: Client, url: Url) -> None:
    rows.catalog()
    form = {**BUDGET, "dimension": "concurrency", "window": "none", "amount": "3"}
    assert {"dimension", "window"} <= set(errors_of(console.post(url(Budget, "add"), form)))
    assert not Budget.objects.exists()


def test_a_budget_that_counted_something_may_change_or_go_because_its_meters_stay(
    console: Client, url: Url
) -> None:
    tenant = rows.customer("alder")
    rows.usage(tenant)
    budget = Budget.objects.get(tenant=tenant)
    address = url(Budget, "change", budget.pk)
    assert console.post(address, {**BUDGET, "amount": "7", "dimension": "tokens"}).status_code == 302
    budget.refresh_from_db()
    assert (budget.amount, budget.dimension, budget.scope) == (7, "tokens", "plan")
    assert console.post(url(Budget, "delete", budget.pk), {"post": "yes"}).status_code == 302
    assert not Budget.objects.filter(pk=budget.pk).exists()
    assert UsageMeter.objects.get().used == 4_200_000_000
