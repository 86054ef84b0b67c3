"""A plan's page: all that it allows as one table, edited as a whole, compared with another plan, copied."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import now

from metering.catalog.load_catalog import load_catalog
from metering.models import AuditEvent, Budget, Plan, PlanLLMAccess, PolicyRule
from tests.integration.admin_console import rows
from tests.integration.admin_console.test_every_page import messages_of

PLANS = """
plans:
  PRO:
    name: Professional
    features: [CHAT, DRAFTING]
    tasks:
      LLM0_CHAT: {classes: [BASE_S, BASE_M], default_class: BASE_M}
      LLM2_DRAFT: {classes: [PRO_M], default_class: PRO_M}
    rules:
      - {key: max_tokens_out, value: 4096, task: LLM2_DRAFT}
      - {key: requests_per_minute, value: 600}
      - {key: required_tags, value: [project]}
      - {key: max_tokens_in, value: 1000, when: {days: [sat, sun]}}
    budgets:
      - {dimension: cost, window: day, amount: 15, per: user}
      - {dimension: requests, window: day, amount: 1_000, soft: true}
  FREE:
    name: Free
    features: [CHAT]
    tasks: {LLM0_CHAT: {classes: [BASE_S], default_class: BASE_S}}
    rules: [{key: requests_per_minute, value: 60}]
    budgets: [{dimension: cost, window: day, amount: 3, per: user}]
"""


@pytest.fixture
def pro(console: Client) -> str:
    rows.catalog()
    load_catalog(text=PLANS, actor="test", now=now(), environment={})
    return reverse("admin:plan", args=("PRO",))


def filled(console: Client, address: str) -> dict[str, Any]:
    """What a browser would send of the page as it is."""
    form = console.get(address).context["form"]
    given = {name: form[name].value() for name in form.fields}
    page = {name: form.fields[name].prepare_value(value) for name, value in given.items()}
    seen = console.get(address).context["version"]
    return {name: value for name, value in page.items() if value not in (None, False)} | {"seen": seen}


def test_the_table_says_everything_that_the_plan_allows_in_words(console: Client, pro: str) -> None:
    page = console.get(pro).content.decode()
    for words in (
        "Each person, cost a day",
        "$15.00",
        "Tokens out: Drafting",
        "4,096",
        "Tokens in: Sat, Sun",
        "soft",
        "Tags that every call needs",
    ):
        assert words in page
    assert "LLM2_DRAFT</th>" not in page


def test_everything_is_saved_at_once_with_an_audit_event(console: Client, pro: str) -> None:
    form = filled(console, pro)
    form |= {
        "budget-cost-day-user--": "$12",
        "rule-max_tokens_out-LLM2_DRAFT-0": "8k",
        "rule-requests_per_minute--0": "",
        "classes-LLM2_DRAFT": ["PRO_M", "PRO_L"],
        "default-LLM2_DRAFT": "PRO_L",
        "add_key": "max_concurrent",
        "add_value": "20",
        "add_dimension": "tokens",
        "add_window": "month",
        "add_per": "tenant",
        "add_amount": "1.5M",
    }
    response = console.post(pro, {**form, "save": "1"}, follow=True)
    assert Budget.objects.get(dimension="cost", scope_id="PRO").amount == 12_000_000_000
    assert PolicyRule.objects.get(scope_id="PRO", key="max_tokens_out").value == 8_000
    assert not PolicyRule.objects.get(scope_id="PRO", key="requests_per_minute").is_active
    assert PolicyRule.objects.get(scope_id="PRO", key="max_tokens_in").conditions == {"days": ["sat", "sun"]}
    assert PolicyRule.objects.get(scope_id="PRO", key="max_concurrent").value == 20
    assert Budget.objects.get(dimension="tokens", scope_id="PRO").amount == 1_500_000
    assert PlanLLMAccess.objects.get(plan="PRO", task="LLM2_DRAFT").default_class_id == "PRO_L"
    assert AuditEvent.objects.filter(actor="ops@example.com", object_type="plan budget").count() == 2
    assert "Each person, cost a day $12.00" in messages_of(response)


def test_required_tags_are_written_with_commas_between(console: Client, pro: str) -> None:
    form = filled(console, pro)
    assert form["rule-required_tags--0"] == "project"
    page = console.post(pro, {**form, "rule-required_tags--0": "Project", "save": "1"}).content.decode()
    assert "keys of tags, such as project,cost-centre" in page
    console.post(pro, {**form, "rule-required_tags--0": "project, cost-centre", "save": "1"})
    rule = PolicyRule.objects.get(scope_id="PRO", key="required_tags")
    assert (rule.value, rule.is_active) == ("cost-centre,project", True)
    console.post(pro, {**filled(console, pro), "rule-required_tags--0": "", "save": "1"})
    rule.refresh_from_db()
    assert not rule.is_active
    console.post(pro, {**filled(console, pro), "add_key": "required_tags", "add_value": "place", "save": "1"})
    rule.refresh_from_db()
    assert (rule.value, rule.is_active) == ("place", True)


def test_a_page_that_is_saved_as_it_was_changes_nothing(console: Client, pro: str) -> None:
    before = AuditEvent.objects.count()
    console.post(pro, {**filled(console, pro), "save": "1"})
    assert AuditEvent.objects.count() == before


def test_the_effect_is_shown_before_anything_is_saved(console: Client, pro: str) -> None:
    form = {**filled(console, pro), "budget-cost-day-user--": "$12", "preview": "1"}
    page = console.post(pro, form).content.decode()
    assert "What this change would do" in page
    assert "<b>Each person, cost a day</b> $15.00 to $12.00" in page
    assert "Save 1 change" in page
    assert Budget.objects.get(dimension="cost", scope_id="PRO").amount == 15_000_000_000


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("budget-cost-day-user--", "1,5", "may mean two amounts"),
        ("rule-max_tokens_out-LLM2_DRAFT-0", "0", "Tokens out must be a whole number of tokens from 1"),
        ("default-LLM2_DRAFT", "ADVANCED", "the first choice has to be one of its classes"),
        ("features", ["CHAT"], "The task Patent drafting needs the feature Patent drafting."),
        ("add_amount", "$x", ""),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_saved(
    console: Client, pro: str, field: str, value: Any, sentence: str
) -> None:
    before = AuditEvent.objects.count()
    more = {"add_dimension": "cost"} if field == "add_amount" else {}
    page = console.post(pro, {**filled(console, pro), **more, field: value, "save": "1"}).content.decode()
    assert "Not saved." in page
    assert sentence in page
    assert AuditEvent.objects.count() == before


def test_what_somebody_else_has_changed_meanwhile_is_not_overwritten(console: Client, pro: str) -> None:
    form = {**filled(console, pro), "budget-cost-day-user--": "$12", "save": "1"}
    PolicyRule.objects.filter(key="max_tokens_out").update(value=5)
    assert "Somebody else has changed this plan meanwhile" in messages_of(console.post(pro, form))
    assert PolicyRule.objects.get(key="max_tokens_out").value == 5
    assert Budget.objects.get(dimension="cost", scope_id="PRO").amount == 15_000_000_000


def test_two_plans_stand_side_by_side_with_what_differs_marked(console: Client, pro: str) -> None:
    page = console.get(reverse("admin:plans_compare"), {"plan": "PRO", "beside": "FREE"}, follow=True)
    [(_, money), *_] = page.context["groups"]
    [budget] = money
    assert (budget.other, budget.ratio, budget.differs) == ("$3.00", "20 % of it", True)
    [features] = [row for row in page.context["features"] if row[0].code == "DRAFTING"]
    assert features[1:] == (True, False, True)


def test_a_copy_allows_the_same_and_belongs_to_nobody(console: Client, pro: str) -> None:
    made = console.post(reverse("admin:plan_copy", args=("PRO",)), {"code": "PRO_2", "name": "Pro two"})
    assert made.status_code == 302
    assert Plan.objects.get(code="PRO_2").name == "Pro two"
    rules = PolicyRule.objects.order_by("key").values_list("key", "value", "conditions", "task_id")
    assert list(rules.filter(scope_id="PRO_2")) == list(rules.filter(scope_id="PRO"))


def test_a_copy_under_a_code_that_is_taken_is_refused(console: Client, pro: str) -> None:
    page = console.post(reverse("admin:plan_copy", args=("PRO",)), {"code": "free", "name": "F"})
    assert "There is a plan free already." in page.content.decode()


def test_the_list_says_who_is_on_each_plan_and_its_limits_in_short(console: Client, pro: str) -> None:
    rows.customer("alder")
    page = console.get(reverse("admin:plans"), {"sort": "-tokens"})
    first = page.context["table"].rows[0].cells
    assert [cell.text for cell in first[:4]] == ["Free", "1", "1", "Each person, cost a day: $3.00"]
    assert "2 plans" in page.content.decode()


def test_more_tenants_need_no_more_queries(console: Client, pro: str) -> None:
    console.get(pro)
    with CaptureQueriesContext(connection) as few:
        console.get(pro)
    for number in range(3):
        rows.customer(f"birch-{number}")
    with CaptureQueriesContext(connection) as many:
        console.get(pro)
    assert len(many) == len(few) <= 30


def test_a_plan_that_is_not_there_is_not_found(console: Client) -> None:
    assert console.get(reverse("admin:plan", args=("NONE",))).status_code == 404
    assert console.get(reverse("admin:plan_copy", args=("NONE",))).status_code == 404


def test_what_the_plan_has_already_is_changed_in_the_table_and_not_added(console: Client, pro: str) -> None:
    before = AuditEvent.objects.count()
    form = {**filled(console, pro), "add_key": "requests_per_minute", "add_value": "9", "save": "1"}
    assert "The plan has this limit already" in console.post(pro, form).content.decode()
    form = {
        **filled(console, pro), "add_dimension": "cost", "add_window": "day", "add_per": "user", "add_amount": "$9",
        "save": "1",
    }  # fmt: skip
    assert "The plan has this budget already" in console.post(pro, form).content.decode()
    assert AuditEvent.objects.count() == before


def test_rules_that_count_at_other_times_are_other_lines(console: Client, pro: str) -> None:
    PolicyRule.objects.create(
        scope="plan", scope_id="FREE", key="max_tokens_in", value=7, conditions={"days": ["mon"]}
    )
    page = console.get(pro, {"beside": "FREE"})
    lines = {line.limit.label: line for _, found in page.context["groups"] for line in found}
    assert lines["Tokens in: Sat, Sun"].other == "no limit"
    assert (lines["Tokens in: Mon"].field.value(), lines["Tokens in: Mon"].other) == (None, "7")
