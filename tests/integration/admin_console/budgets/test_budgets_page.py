"""The page of budgets: every limit against its use, the nearest first, for whom it is."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.test import Client
from django.utils.timezone import now

from admin_console.wording import usd
from metering.models import Budget, UsageMeter, User
from metering.usage.budget_status import budget_status
from tests.factories import (
    AttemptFactory,
    BudgetFactory,
    MeterFactory,
    RuleFactory,
    UserFactory,
    alder,
    birch,
)
from tests.integration.admin_console.rows import super_admin
from tests.integration.gateway_project.api.people import call

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
DOLLAR = 1_000_000_000


def page(user: User, query: str = "", *, path: str = "/admin/budgets/") -> Any:
    client = Client()
    client.force_login(user, backend=BACKEND)
    response = client.get(f"{path}{query}")
    assert response.status_code == 200
    return response


def titles(response: Any) -> list[str]:
    return [f"{row.cells[0].text}: {row.cells[0].small}" for row in response.context["table"].rows]


def budget(used: int, amount: int = 100, *, held: int = 0, **facts: Any) -> Budget:
    row = BudgetFactory(dimension="cost", window=facts.pop("window", "day"), amount=amount * DOLLAR, **facts)
    MeterFactory(budget=row, used=used * DOLLAR, held=held * DOLLAR)
    return row


def test_the_nearest_to_its_limit_comes_first_with_used_held_and_left() -> None:
    budget(20, window="month")
    budget(90, held=5)
    response = page(super_admin())
    assert titles(response) == ["Alder Research: cost a day", "Alder Research: cost a month"]
    row = response.context["table"].rows[0]
    assert [cell.text for cell in row.cells[2:5]] == ["$90.00", "$5.00", "$5.00"]
    assert "$90.00 used, $5.00 held, $5.00 left of $100.00" in response.content.decode()


def test_what_calls_spent_past_a_limit_while_the_database_was_away_is_told_here_and_on_the_tenants_page() -> (
    None
):
    row = BudgetFactory(dimension="cost", window="day", amount=100 * DOLLAR)
    MeterFactory(budget=row, used=102 * DOLLAR, uncovered=2 * DOLLAR)
    told = "$2.00 past it while the database was away"
    operator = super_admin()
    assert titles(page(operator)) == [f"Alder Research: cost a day · {told}"]
    assert told in page(operator, path="/admin/tenants/alder/").content.decode()


def test_the_page_says_what_the_api_says() -> None:
    budget(37, window="month")
    operator = super_admin()
    [told] = call("GET", "budgets", who=operator).json()["results"]
    row = page(operator).context["table"].rows[0]
    assert row.cells[2].exact == f"${told['used']}.00"
    forecast = told["forecast"]
    assert row.cells[5].text == ("-" if forecast is None else usd(round(float(forecast) * DOLLAR)))


def test_a_budget_that_will_be_used_up_says_when() -> None:
    row = budget(99, amount=100, window="month")
    meter_start = now() - timedelta(days=3)
    UsageMeter.objects.update(window_start=meter_start, window_end=now() + timedelta(days=3))
    response = page(super_admin(), "?state=forecast")
    assert titles(response) == ["Alder Research: cost a month"]
    assert re.search(r"will be used up (on|at) ", response.context["table"].rows[0].cells[5].small)
    assert str(row.pk) in response.context["table"].rows[0].cells[0].url


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?state=80", 1),
        ("?window=month", 1),
        ("?dimension=requests", 1),
        ("?tenant=birch", 1),
        ("?dimension=nonsense", 0),
        ("?state=nonsense", 0),
        ("", 3),
    ],
)
def test_filters_choose(query: str, found: int) -> None:
    budget(90)
    budget(10, window="month", tenant=birch())
    MeterFactory(budget=BudgetFactory(dimension="requests", amount=50), used=1)
    assert len(titles(page(super_admin(), query))) == found


def test_people_see_their_tenants_and_members_what_concerns_them() -> None:
    budget(10)
    other = UserFactory(tenant=alder())
    budget(5, scope="user", scope_id=str(other.pk), per="user")
    budget(20, tenant=birch())
    admin = UserFactory(tenant=alder(), role=User.Role.TENANT_ADMIN)
    member = UserFactory(tenant=alder())
    assert len(titles(page(admin))) == 2
    assert titles(page(member)) == ["Alder Research: cost a day"]
    links = [row.cells[0].url for row in page(member).context["table"].rows]
    assert links
    assert all(link.startswith("/admin/budgets/") for link in links), "it is looked at there, not changed"


def test_another_tenants_budgets_are_as_absent_as_none() -> None:
    admin = UserFactory(tenant=alder(), role=User.Role.TENANT_ADMIN)
    birch()
    client = Client()
    client.force_login(admin, backend=BACKEND)
    assert {client.get(f"/admin/budgets/?tenant={slug}").status_code for slug in ("birch", "nobody")} == {404}


@pytest.mark.parametrize("window", ["hour", "day", "week", "month"])
def test_a_figure_leads_to_the_calls_of_its_window(window: str) -> None:
    person = UserFactory(tenant=alder(), email="ann@alder.example")
    budget(5, scope="user", scope_id=str(person.pk), per="user", window=window)
    operator = super_admin()
    [status] = budget_status(now=now(), tenant=alder())
    url = page(operator).context["table"].rows[0].cells[2].url
    assert status.window_start is not None
    assert status.reset_at is not None
    assert parse_qs(url.partition("?")[2]) == {
        "from": [status.window_start.isoformat()], "to": [status.reset_at.isoformat()],
        "tenant": ["alder"], "user": ["ann@alder.example"],
    }  # fmt: skip
    client = Client()
    client.force_login(operator, backend=BACKEND)
    assert client.get(url).context["problems"] == []


def test_the_figure_of_a_budget_without_end_leads_to_as_many_days_as_reports_show() -> None:
    budget(5, window="total")
    url = page(super_admin()).context["table"].rows[0].cells[2].url
    first = now().date() - timedelta(days=399)
    assert url == f"/admin/explore/?range=custom&since={first}&until={now().date()}&tenant=alder"


def test_the_number_of_queries_does_not_grow_with_budgets(django_assert_max_num_queries: Any) -> None:
    operator = super_admin()
    for number in range(12):
        person = UserFactory(tenant=alder())
        budget(number, scope="user", scope_id=str(person.pk), per="user")
    RuleFactory(key="max_concurrent", value=5)
    AttemptFactory()
    client = Client()
    client.force_login(operator, backend=BACKEND)
    with django_assert_max_num_queries(40):
        client.get("/admin/budgets/")
