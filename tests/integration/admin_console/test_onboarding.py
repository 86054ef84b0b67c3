"""The form of a new customer, and the page that waits for its first call."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.timezone import now

from metering.identity.authenticate import authenticate
from metering.models import ATIToken, Budget, Invitation, PolicyDecision, Tenant, User
from tests.factories import (
    AttemptFactory,
    ReservationFactory,
    UserFactory,
    alder,
    birch,
    make_plan,
    make_token,
)
from tests.integration.admin_console.people_of_alder import browser_of

pytestmark = pytest.mark.django_db
NEW, WAITING = "/admin/new-tenant/", "/admin/tenants/alder/first-call/"
ALL = {
    "name": "Cedar Law",
    "timezone": "UTC",
    "plan": "PRO",
    "budget": "$250",
    "window": "day",
    "email": "ann@cedar.example",
}


def refuse(tenant: Tenant, code: str) -> None:
    moment = now()
    PolicyDecision.objects.create(
        minute=moment.replace(second=0, microsecond=0), tenant_id=tenant.pk, task="LLM0_CHAT", verdict="denied",
        code=code, rule=code, message=f"Refused with {code}.", mode="enforce", count=1, first_at=moment, last_at=moment,
    )  # fmt: skip


class TestTheForm:
    @pytest.fixture(autouse=True)
    def plan(self) -> None:
        make_plan("PRO")

    def test_makes_everything_at_once_and_shows_the_token_once(self, console: Client) -> None:
        response = console.post(NEW, ALL)
        text = response.content.decode()
        tenant = Tenant.objects.get(slug="cedar-law")
        secret = response.context["issued"].secret
        assert text.count(secret) == 1
        assert authenticate(secret=secret, now=now()).tenant_slug == "cedar-law"
        assert "curl http://testserver/v1/chat/completions" in text
        budget = Budget.objects.get(tenant=tenant)
        assert (budget.window, budget.amount, budget.scope) == ("day", 250_000_000_000, "tenant")
        invitation = Invitation.objects.get(tenant=tenant)
        assert (invitation.email, invitation.role) == ("ann@cedar.example", User.Role.TENANT_ADMIN)
        assert invitation.invited_by is not None
        assert secret not in console.get("/admin/tenants/cedar-law/first-call/").content.decode()

    def test_says_of_each_plan_what_it_allows(self, console: Client) -> None:
        text = console.get(NEW).content.decode()
        assert "Chat" in text
        assert "Money: " in text

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"plan": "NONE"}, "plan"),
            ({"plan": ""}, "plan"),
            ({"budget": "much"}, "budget"),
            ({"window": "fortnight"}, "window"),
            ({"email": "ann@alder.example"}, "email"),
            ({"slug": "alder"}, "slug"),
        ],
    )
    def test_makes_nothing_where_one_part_is_refused(
        self, console: Client, wrong: dict[str, str], field: str
    ) -> None:
        UserFactory(tenant=alder(), email="ann@alder.example")
        response = console.post(NEW, {**ALL, **wrong})
        assert list(response.context["form"].errors) == [field]
        assert [noun.objects.count() for noun in (Tenant, ATIToken, Budget, Invitation)] == [1, 0, 0, 0]


class TestWaiting:
    @pytest.fixture
    def tenant(self) -> Tenant:
        make_token(alder())
        Tenant.objects.filter(slug="alder").update(created_at=now() - timedelta(hours=1))
        return alder()

    def test_nothing_is_seen_before_there_is_a_call(self, console: Client, tenant: Tenant) -> None:
        AttemptFactory(tenant_id=birch().pk)
        text = console.get(WAITING).content.decode()
        assert "No call yet." in text
        assert "data-seen" not in text

    def test_why_a_call_was_refused_is_told_and_the_page_goes_on_waiting(
        self, console: Client, tenant: Tenant
    ) -> None:
        refuse(tenant, "model_not_allowed")
        text = console.get(WAITING).content.decode()
        assert "Refused with model_not_allowed. Ask for a model of a class that the plan" in text
        assert "data-seen" not in text

    def test_a_call_in_flight_is_not_yet_the_first(self, console: Client, tenant: Tenant) -> None:
        ReservationFactory(tenant_id=tenant.pk)
        text = console.get(WAITING).content.decode()
        assert "A call is in flight" in text
        assert "data-seen" not in text

    def test_the_first_call_is_shown_with_its_cost_whatever_was_refused_since(
        self, console: Client, tenant: Tenant
    ) -> None:
        for cost in (1_230_000_000, 7_000_000_000):
            AttemptFactory(tenant_id=tenant.pk, cost_nano_usd=cost, request_model="gpt-5-mini")
        refuse(tenant, "budget_exceeded")
        text = console.get(WAITING).content.decode()
        assert "data-seen" in text
        assert "The first call is here" in text
        assert "$1.23" in text
        assert "$7" not in text

    def test_without_a_live_token_one_is_asked_for(self, console: Client, tenant: Tenant) -> None:
        ATIToken.objects.update(revoked_at=now())
        assert "/admin/tenants/alder/issue-token/" in console.get(WAITING).content.decode()

    def test_an_administrator_waits_for_the_own_tenant_alone(self, tenant: Tenant) -> None:
        admin: Any = UserFactory(tenant=tenant, role=User.Role.TENANT_ADMIN)
        assert browser_of(admin).get(WAITING).status_code == 200
        assert browser_of(admin).get("/admin/tenants/birch/first-call/").status_code == 404
