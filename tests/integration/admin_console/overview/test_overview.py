"""The overview beside its figures: links, switches, reach, and how often it asks the database."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from metering.models import QuotaRequest, User
from tests.factories import AttemptFactory, BudgetFactory, ReservationFactory, TenantFactory, UserFactory
from tests.integration.admin_console.overview.conftest import BACKEND, Page, World
from tests.integration.gateway_project.api.people import call, code_of

PageOf = Callable[..., Page]
MOST_QUERIES = 70
"""Of a whole overview: a figure that several parts need is asked for once."""


@pytest.mark.parametrize(
    ("figure", "link"),
    [
        ("spent_today", "/admin/explore/?range=today&tenant=alder"),
        ("spent_month", "/admin/explore/?range=month&tenant=alder"),
        ("in_flight", "/admin/activity/?status=in_flight&range=30d&tenant=alder"),
        ("calls", "/admin/explore/?metric=requests&range=7d&tenant=alder"),
        ("failed", "/admin/explore/?metric=errors&range=7d&tenant=alder"),
        ("refused", "/admin/activity/?status=429&range=7d&tenant=alder"),
        ("p95", "/admin/explore/?metric=latency&range=7d&tenant=alder"),
    ],
)
def test_every_figure_leads_to_its_rows_with_the_same_filters(
    figure: str, link: str, world: World, page_of: PageOf
) -> None:
    assert page_of(world.operator, "?tenant=alder&range=7d").link(figure) == link


def test_the_rows_behind_a_figure_can_be_opened(world: World, page_of: PageOf) -> None:
    client = Client()
    client.force_login(world.operator, backend=BACKEND)
    page = page_of(world.operator)
    for figure in ("spent_week", "calls", "failed", "refused", "p95", "prompt_cache", "in_flight"):
        assert client.get(page.link(figure)).status_code == 200


def test_open_requests_for_quota_wait_there_for_everybody_who_sees_them(
    world: World, page_of: PageOf
) -> None:
    for user, amount, window in ((world.member, 5, "day"), (world.admin, 7, "month")):
        QuotaRequest.objects.create(
            budget=BudgetFactory(tenant=world.alder, dimension="requests", amount=amount, window=window),
            tenant=world.alder, amount=amount, reason="A filing.", user=user, asked_by=user.email,
        )  # fmt: skip
    assert "Alder Research: 5 calls more" in page_of(world.operator).words
    assert "Alder Research: 7 calls more" in page_of(world.operator, "?tenant=alder").words
    assert "5 calls more" not in page_of(world.operator, "?tenant=birch").words
    of_admin, of_member = (page_of(person).words for person in (world.admin, world.member))
    assert "Asked: 5 calls more" in of_admin
    assert "Asked: 7 calls more" in of_admin
    assert "Asked: 5 calls more" in of_member
    assert "7 calls more" not in of_member
    assert "waits for an operator" in of_member


@pytest.mark.parametrize("stack", ["model", "tenant", "user", "team", "task"])
def test_the_chart_is_stacked_as_the_address_says(stack: str, world: World, page_of: PageOf) -> None:
    words = page_of(world.operator, f"?by={stack}").words
    said = "person" if stack == "user" else stack
    assert f"Cost by {said}, last 30 days" in words
    assert "Show as a table" in words


def test_nonsense_in_the_address_shows_what_is_usual(world: World, page_of: PageOf) -> None:
    words = page_of(world.operator, "?by=nonsense&range=nonsense").words
    assert "Cost by model, last 30 days" in words


def test_a_tenants_people_see_nothing_of_another(world: World, page_of: PageOf) -> None:
    stranger = UserFactory(tenant=world.birch, role=User.Role.TENANT_ADMIN)
    for person in (world.admin, world.member):
        assert "birch" not in page_of(person).text.lower()
    assert "alder" not in page_of(stranger).text.lower()


def test_a_member_sees_own_calls_alone(
    world: World, page_of: PageOf, told_to: Callable[..., dict[str, Any]]
) -> None:
    AttemptFactory(tenant_id=world.alder.pk, user_id=world.admin.pk, cost_nano_usd=99_000_000_000)
    page = page_of(world.member)
    assert page.exact("spent_today") == "$1.234567891"
    assert "dora@alder.example" not in page.words
    assert "Vendors" not in page.words


def test_the_api_refuses_what_nobody_reads(world: World) -> None:
    for query in ("?by=tenant", "?range=year", "?x=1"):
        assert code_of(call("GET", f"overview{query}", who=world.admin)) == (400, "invalid_request")


def test_the_number_of_queries_does_not_grow_with_rows(world: World) -> None:
    client = Client()
    client.force_login(world.operator, backend=BACKEND)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/admin/").status_code == 200
        return len(captured)

    queries()
    few = queries()
    assert few <= MOST_QUERIES
    for number in range(8):
        tenant = TenantFactory(slug=f"oak-{number}")
        person = UserFactory(tenant=tenant)
        AttemptFactory(tenant_id=tenant.pk, user_id=person.pk, conversation_id=f"talk {number}")
        ReservationFactory(tenant_id=tenant.pk, user_id=person.pk)
    assert queries() <= few + 2  # the new tenants' rhythms are read once
