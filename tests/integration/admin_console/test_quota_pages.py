"""Pages of requests for quota, over HTTP without a browser; tests/e2e/console walks through them with one."""

import pytest
from django.test import Client

from metering.models import QuotaRequest
from tests.factories import BudgetFactory, alder

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
