"""The list of tenants, and a new one."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from metering.models import ATIToken, AuditEvent, Tenant
from tests.factories import AttemptFactory, BudgetFactory, MeterFactory, alder, birch, make_plan, make_token

pytestmark = pytest.mark.django_db
PAGE, NEW = "/admin/tenants/", "/admin/new-tenant/"


def names(client: Client, query: str = "") -> list[str]:
    return [row.cells[0].text for row in client.get(f"{PAGE}{query}").context["table"].rows]


class TestTheList:
    @pytest.fixture(autouse=True)
    def two(self, db: Any) -> None:
        for tenant, cost in ((alder(), 2_000_000_000), (birch(), 1_000_000_000)):
            make_token(tenant)
            AttemptFactory(tenant_id=tenant.pk, cost_nano_usd=cost)
        MeterFactory(budget=BudgetFactory(tenant=birch(), amount=200), used=150)

    def test_shows_status_plan_spend_and_the_nearest_budget(self, console: Client) -> None:
        table = console.get(PAGE).context["table"]
        first, second = ([cell.text or cell.tag for cell in row.cells] for row in table.rows)
        assert first == ["Alder Research", "Active", "Pro", "$2.00", "no budget", "0", "never"]
        assert second[:5] == ["Birch Patents", "Active", "Pro", "$1.00", "75.0 %"]
        assert [cell.text for cell in table.total][:4] == ["2 tenants", "", "", "$3.00"]

    def test_leads_to_the_tenants_page_and_to_what_it_spent(self, console: Client) -> None:
        page = console.get(PAGE).content.decode()
        assert 'href="/admin/tenants/alder/"' in page
        assert 'href="/admin/explore/?tenant=alder&amp;range=month"' in page

    @pytest.mark.parametrize(
        ("query", "order"),
        [
            ("", ["Alder Research", "Birch Patents"]),
            ("?sort=spent", ["Birch Patents", "Alder Research"]),
            ("?sort=-nearest", ["Birch Patents", "Alder Research"]),
            ("?q=PAT", ["Birch Patents"]),
            ("?status=SUSPENDED", []),
            ("?page=99", ["Alder Research", "Birch Patents"]),
        ],
    )
    def test_is_sorted_and_searched(self, console: Client, query: str, order: list[str]) -> None:
        assert names(console, query) == order

    def test_takes_as_many_queries_for_many(
        self, console: Client, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(5):
            make_token(Tenant.objects.create(slug=f"t-{number}", name=f"T {number}"))
        with django_assert_max_num_queries(25):
            console.get(PAGE)


class TestANewOne:
    def test_needs_a_name_and_ends_on_its_page(self, console: Client) -> None:
        response = console.post(NEW, {"name": "Cedar & Söhne", "timezone": "Europe/Berlin"})
        assert response.headers["Location"] == "/admin/tenants/cedar-sohne/"
        tenant = Tenant.objects.get(slug="cedar-sohne")
        assert (tenant.name, tenant.timezone) == ("Cedar & Söhne", "Europe/Berlin")
        assert AuditEvent.objects.filter(action="tenant.created").exists()

    def test_on_a_plan_has_its_first_token(self, console: Client) -> None:
        make_plan()
        text = console.post(NEW, {"name": "Cedar", "timezone": "UTC", "plan": "PRO"}).content.decode()
        token = ATIToken.objects.get(tenant__slug="cedar")
        assert f'id="secret">{token.prefix}' in text
        assert "Cedar is there." in text

    def test_with_a_name_that_is_taken_is_refused_at_its_field(self, console: Client) -> None:
        alder()
        response = console.post(NEW, {"name": "Alder", "slug": "alder", "timezone": "UTC"})
        assert response.context["form"].errors["slug"] == ["There is already another tenant 'alder'."]

    def test_in_a_zone_that_there_is_not_is_refused(self, console: Client) -> None:
        response = console.post(NEW, {"name": "Cedar", "timezone": "Europe/Atlantis"})
        assert "timezone" in response.context["form"].errors

    def test_with_a_plan_that_is_refused_leaves_no_tenant(self, console: Client) -> None:
        console.post(NEW, {"name": "Cedar", "timezone": "UTC", "plan": "NONE"})
        assert not Tenant.objects.exists()
