"""Rules and budgets entered in the console: in people's units, and refused in plain words."""

from datetime import time
from html import unescape

import pytest
from django.test import Client

from admin_console.fields.conditions import ConditionsForm
from metering.models import (
    AuditEvent,
    Budget,
    BudgetOverride,
    PolicyRule,
    QuotaRequest,
    UsageMeter,
)
from tests.integration.admin_console import rows
from tests.integration.admin_console.conftest import Url
from tests.integration.admin_console.forms import errors_of

RULE = {
    "scope": "plan",
    "plan": "PRO",
    "priority": 0,
    "mode": "enforce",
    "enforce_percent": "100 %",
    "is_active": "on",
}
BUDGET = {
    "scope": "plan", "plan": "PRO", "per": "user", "window": "month", "mode": "enforce",
    "enforce_percent": "100 %",
    "on_expiry": "charge", "thresholds": "80 %, 95 %, 100 %", "hard": "hard", "is_active": "on",
}  # fmt: skip


@pytest.mark.parametrize(
    ("key", "value", "task", "sentence"),
    [
        ("max_tokens_out", "0", "", "a whole number of tokens from 1"),
        ("on_disconnect", "explode", "", "one of drain, cancel"),
        ("on_metering_failure", "ajar", "", "one of open, closed"),
        ("max_tokens_out", "many", "", "“many” is no amount"),
        ("max_tokens_out", "1,5", "", "may mean two amounts"),
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
    ("parts", "sentence"),
    [
        ({"from_0": "9", "to_0": ""}, "to: Hours need a beginning and an end."),
        ({"from_0": "25:00", "to_0": "26"}, "From: “25:00” is no time of day."),
        ({"from_0": "9", "to_0": "9:00"}, "hours must be a span of a day"),
        ({"days": "monday"}, "monday is not one of the available choices"),
        ({"timezone": "Mars/Olympus"}, "Mars/Olympus is not one of the available choices"),
        ({"valid_from_at": "09:00"}, "Name the day too."),
        (
            {"valid_from": "2026-02-01", "valid_until": "2026-01-01"},
            "valid_until must be later than valid_from",
        ),
        ({"use_percent": "80 %"}, "needs the percentage, what is counted, and how long"),
        ({"use_percent": "0", "use_dimension": "cost", "use_window": "month"}, "from 1 % to 100 %"),
    ],
)
def test_a_condition_that_cannot_be_read_is_a_form_error(
    console: Client, url: Url, parts: dict[str, str], sentence: str
) -> None:
    rows.catalog()
    form = {**RULE, "key": "max_tokens_out", "value": "400"}
    form |= {f"conditions-{name}": value for name, value in parts.items()}
    errors = errors_of(console.post(url(PolicyRule, "add"), form))
    assert sentence in unescape(str(errors["conditions"]))


def test_days_hours_dates_and_a_share_of_a_budget_become_a_condition_and_are_shown_again(
    console: Client, url: Url
) -> None:
    rows.catalog()
    parts = {
        "days": ["fri", "mon"], "from_0": "9", "to_0": "12:30", "from_1": "13:30", "to_1": "24:00",
        "timezone": "Europe/Berlin", "valid_from": "2026-12-01", "valid_until": "2027-01-01",
        "valid_until_at": "09:30", "use_percent": "80 %", "use_scope": "tenant", "use_dimension": "cost",
        "use_window": "month",
    }  # fmt: skip
    form = {**RULE, "key": "max_tokens_out", "value": "400"}
    form |= {f"conditions-{name}": value for name, value in parts.items()}
    assert console.post(url(PolicyRule, "add"), form).status_code == 302
    rule = PolicyRule.objects.get()
    assert rule.conditions == {
        "days": ["mon", "fri"],
        "hours": ["09:00-12:30", "13:30-24:00"],
        "timezone": "Europe/Berlin",
        "valid_from": "2026-12-01",
        "valid_until": "2027-01-01T09:30",
        "usage": {"budget": "tenant cost/month", "from_percent": 80},
    }
    shown = console.get(url(PolicyRule, "change", rule.pk)).context["adminform"].form["conditions"]
    assert ConditionsForm.parts_of(shown.value())["valid_until_at"] == time(9, 30)
    assert 'value="80 %"' in str(shown)
    assert (
        "Mon, Fri; 09:00 to 12:30, 13:30 to 24:00; from 1 Dec 2026"
        in console.get(url(PolicyRule)).content.decode()
    )


@pytest.mark.parametrize(
    ("when", "again"),
    [
        ({"valid_from": "2026-12-01T10:00:30+02:00"}, {"valid_from": "2026-12-01T10:00:30+0200"}),
        (
            {"valid_until": "2026-12-01T08:00:00+00:00", "timezone": "Europe/Berlin"},
            {"valid_until": "2026-12-01T09:00", "timezone": "Europe/Berlin"},
        ),
    ],
)
def test_a_moment_that_was_set_with_an_offset_stays_the_same_moment(
    when: dict[str, str], again: dict[str, str]
) -> None:
    shown = {name: value for name, value in ConditionsForm.parts_of(when).items() if value}
    form = ConditionsForm(shown)
    assert form.is_valid(), form.errors
    assert form.whole() == again


def test_a_key_that_does_not_count_for_the_scope_is_a_form_error(console: Client, url: Url) -> None:
    rows.catalog()
    form = {**RULE, "scope": "provider", "provider": "sandbox", "key": "max_tokens_out", "value": "400"}
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
    form = {**RULE, "key": "max_tokens_out", "value": "400", "scope": "user", "user": ""}
    errors = errors_of(console.post(url(PolicyRule, "add"), form))
    assert errors == {"user": ["Choose the person."]}


def test_a_cost_budget_is_entered_and_shown_in_dollars(console: Client, url: Url) -> None:
    rows.catalog()
    response = console.post(url(Budget, "add"), {**BUDGET, "dimension": "cost", "amount": "$12.34"})
    assert response.status_code == 302
    budget = Budget.objects.get()
    assert budget.amount == 12_340_000_000
    assert b'value="$12.34"' in console.get(url(Budget, "change", budget.pk)).content
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
    assert (budget.amount, budget.dimension, budget.tenant) == (7, "tokens", tenant)
    kept = console.post(url(Budget, "delete", budget.pk), {"post": "yes"})
    assert "budget override: part of the books, switch it off instead" in kept.context["protected"]
    QuotaRequest.objects.all().delete()
    BudgetOverride.objects.all().delete()
    assert console.post(url(Budget, "delete", budget.pk), {"post": "yes"}).status_code == 302
    assert not Budget.objects.filter(pk=budget.pk).exists()
    assert UsageMeter.objects.get().used == 4_200_000_000


def test_the_sentence_of_what_a_budget_will_do_stands_beside_the_button(console: Client, url: Url) -> None:
    rows.catalog()
    form = {**BUDGET, "dimension": "cost", "window": "day", "amount": "$5"}
    said = console.post(f"{url(Budget, 'add')}?effect", form).content.decode()
    sentence = (
        "Calls of each person on plan Professional that would bring the cost above $5.00 a day are refused."
    )
    assert sentence in said
    assert "People are told at 80 %, 95 %, 100 %." in said
    assert "Tenants" in said
    assert not Budget.objects.exists()


def test_an_incomplete_form_promises_nothing(console: Client, url: Url) -> None:
    said = console.post(f"{url(Budget, 'add')}?effect", {**BUDGET, "amount": "1,5"}).content.decode()
    assert "once the form is complete" in said


def test_a_budget_of_nothing_for_everybody_is_asked_for_twice(console: Client, url: Url) -> None:
    form = {**BUDGET, "scope": "global", "per": "", "dimension": "cost", "amount": "$0"}
    assert 'name="sure"' in console.post(f"{url(Budget, 'add')}?effect", form).content.decode()
    assert "stop every call of the gateway" in str(
        errors_of(console.post(url(Budget, "add"), form))["__all__"]
    )
    assert console.post(url(Budget, "add"), {**form, "sure": "1"}).status_code == 302
    assert Budget.objects.get().scope == "global"


def test_a_limit_that_has_words_takes_and_suggests_them(console: Client, url: Url) -> None:
    rows.catalog()
    assert 'value="break the call off"' in console.get(url(PolicyRule, "add")).content.decode()
    form = {**RULE, "key": "on_disconnect", "value": "break the call off"}
    assert console.post(url(PolicyRule, "add"), form).status_code == 302
    assert PolicyRule.objects.get().value == "cancel"


def test_the_tags_that_every_call_needs_are_a_text(console: Client, url: Url) -> None:
    rows.catalog()
    form = {**RULE, "key": "required_tags", "value": "cost-centre, project"}
    assert console.post(url(PolicyRule, "add"), form).status_code == 302
    assert PolicyRule.objects.get().value == "cost-centre,project"
    page = console.get("/admin/plans/PRO/").content.decode()
    assert 'value="cost-centre,project"' in page


def test_a_second_budget_of_the_same_kind_is_refused_in_a_sentence(console: Client, url: Url) -> None:
    rows.catalog()
    form = {**BUDGET, "dimension": "cost", "amount": "$5"}
    assert console.post(url(Budget, "add"), form).status_code == 302
    errors = errors_of(console.post(url(Budget, "add"), {**form, "amount": "$6"}))
    assert "There is a budget of this kind for them already" in str(errors["__all__"])
    assert Budget.objects.count() == 1
