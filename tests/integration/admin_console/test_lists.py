"""Lists add up what they show, and sort by any column among the newest rows."""

from typing import Any

import pytest
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL
from django.test import Client

from admin_console import list_totals
from admin_console.paginator import BoundedPaginator
from metering.models import Budget, Tenant, UsageLog, UsageReservation
from tests.integration.admin_console import rows
from tests.integration.admin_console.conftest import Url
from tests.integration.admin_console.visible import visible


def three_calls() -> None:
    alder, birch = rows.customer("alder"), rows.customer("birch")
    for tenant in (alder, alder, birch):
        rows.usage(tenant)
    newest = UsageLog.objects.latest("id")
    UsageLog.objects.filter(pk=newest.pk).update(cost_nano_usd=5_000_000_000)


def totals(response: Any) -> str:
    return " ".join(visible(response.content.decode()).split("All ")[-1].split("\n")[:4])


def test_a_list_of_use_is_totalled(console: Client, url: Url) -> None:
    three_calls()
    assert totals(console.get(url(UsageLog))) == "3 rows 3,600 tokens in 900 tokens out $5.0024 cost"


def test_the_total_is_of_what_the_filters_choose(console: Client, url: Url) -> None:
    three_calls()
    page = console.get(url(UsageLog), {"tenant": "alder"})
    assert totals(page) == "2 rows 2,400 tokens in 600 tokens out $0.0024 cost"


def test_more_rows_than_are_added_up_are_said_to_be_more(
    console: Client, url: Url, monkeypatch: pytest.MonkeyPatch
) -> None:
    three_calls()
    monkeypatch.setattr(BoundedPaginator, "count_bound", 2)
    page = visible(console.get(url(UsageLog)).content.decode())
    assert "More than" in page
    assert "in the newest 2 rows alone" in page


def test_rows_that_take_too_long_to_add_up_are_not_waited_for(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    three_calls()
    monkeypatch.setattr(list_totals, "WITHIN_MS", 50)
    slow = RawSQL("pg_sleep(1) IS NOT NULL", (), output_field=BooleanField())
    chosen, counted = (
        UsageLog.objects.alias(slow=slow).filter(slow=True),
        BoundedPaginator(UsageLog.objects.all(), 9),
    )
    assert list_totals.totals_of(chosen, list_totals.USAGE, counted=counted) is None
    assert UsageLog.objects.count() == 3


def test_a_list_without_amounts_has_no_total(console: Client, url: Url) -> None:
    three_calls()
    assert 'class="totals"' not in console.get(url(Tenant)).content.decode()


def order_of(response: Any, column: str) -> list[Any]:
    return [getattr(row, column) for row in response.context["cl"].result_list]


def index_of(console: Client, address: str, title: str) -> int:
    """The number that the list's address has for a column."""
    cl = console.get(address).context["cl"]
    titles = [getattr(column, "short_description", column) for column in cl.list_display]
    return titles.index(title)


def test_the_usage_log_is_sorted_by_cost(console: Client, url: Url) -> None:
    three_calls()
    number = index_of(console, url(UsageLog), "cost")
    costs = order_of(console.get(url(UsageLog), {"o": f"-{number}"}), "cost_nano_usd")
    assert costs == sorted(costs, reverse=True)
    assert costs[0] == 5_000_000_000


def test_another_order_is_among_the_newest_rows_alone(
    console: Client, url: Url, monkeypatch: pytest.MonkeyPatch
) -> None:
    three_calls()
    monkeypatch.setattr(BoundedPaginator, "count_bound", 2)
    number = index_of(console, url(UsageReservation), "Created at (UTC)")
    page = console.get(url(UsageReservation), {"o": str(number)})
    newest = list(UsageReservation.objects.order_by("-id")[:2])
    assert [row.pk for row in page.context["cl"].result_list] == [row.pk for row in reversed(newest)]


def test_budgets_say_what_they_do_in_words(console: Client, url: Url) -> None:
    three_calls()
    page = visible(console.get(url(Budget)).content.decode())
    assert "Tenant Alder" in page
    assert "a month" in page


def test_a_budget_form_that_an_address_fills_in_is_complete_at_once(console: Client, url: Url) -> None:
    rows.customer("alder")
    page = console.get(url(Budget, "add"), {"scope": "tenant", "tenant": "alder", "amount": "$5"})
    form = page.context["adminform"].form
    sent = {name: form[name].value() for name in form.fields if form[name].value() not in (None, "", False)}
    sent = {name: form.fields[name].prepare_value(value) for name, value in sent.items()}
    said = console.post(f"{url(Budget, 'add')}?effect", {**sent, "is_active": "on"}).content.decode()
    assert "bring the cost above $5.00 a day are refused. People are told at 80 %, 95 %, 100 %." in said


def test_agents_and_tags_are_suggested_as_the_newest_calls_name_them(console: Client, url: Url) -> None:
    three_calls()
    newest = UsageLog.objects.latest("id")
    UsageLog.objects.filter(pk=newest.pk).update(agent_id="planner", tags=["project=apollo"])
    page = console.get(url(Budget, "add")).content.decode()
    assert '<option value="planner" label="planner, agent">' in page
    assert '<option value="project=apollo" label="project=apollo, tag">' in page


def test_a_budget_of_a_tag_is_set_by_its_name(console: Client, url: Url) -> None:
    rows.customer("alder")
    form = {
        "scope": "tag", "tenant": "alder", "named": "project=apollo", "dimension": "cost", "window": "day",
        "amount": "$5", "hard": "hard", "mode": "enforce", "enforce_percent": "100", "is_active": "on",
    }  # fmt: skip
    assert console.post(url(Budget, "add"), form).status_code == 302
    budget = Budget.objects.get(scope="tag")
    assert (budget.scope_id, budget.per, budget.tenant.slug) == ("project=apollo", "tag", "alder")
    assert "Tag project=apollo of Alder" in visible(console.get(url(Budget)).content.decode())
