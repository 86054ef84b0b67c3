"""Pages of requests for quota, over HTTP without a browser; tests/e2e/console walks through them with one."""

import pytest
from django.test import Client

from metering.models import QuotaRequest, User
from tests.factories import BudgetFactory, MeterFactory, UserFactory, alder

pytestmark = pytest.mark.django_db


def test_a_request_leads_to_the_counter_that_it_is_about_whatever_its_name_holds(console: Client) -> None:
    tag = "team=R&D #1+2"
    budget = BudgetFactory(scope="tag", scope_id=tag, per="tag")
    request = QuotaRequest.objects.create(
        tenant=alder(), budget=budget, subject_id=tag, amount=5, reason="More.", asked_by="ann@alder.example"
    )
    page = console.get(f"/admin/quota-requests/{request.pk}/")
    answer = console.get(page.context["budget_url"])
    assert (answer.status_code, answer.context["who"]) == (200, f"Tag {tag}")


def test_what_was_used_of_a_budget_leads_to_its_calls(console: Client) -> None:
    budget = BudgetFactory()
    MeterFactory(budget=budget, used=3)
    use = console.get(f"/admin/budgets/{budget.pk}/?tenant=alder").context["use"]
    assert use["used"] == "3 calls"
    assert use["calls_url"].startswith("/admin/activity/?from=")
    assert console.get(use["calls_url"]).status_code == 200


def test_who_asks_without_a_budget_is_led_to_the_budgets() -> None:
    client = Client()
    client.force_login(UserFactory(role=User.Role.TENANT_ADMIN))
    answer = client.get("/admin/quota-requests/ask/", follow=True)
    assert answer.redirect_chain == [("/admin/budgets/", 302)]
    assert "Open the budget of which you need more" in answer.content.decode()
