"""Every list of a tenant's pages is sorted by its headers, searched by its field, and totalled where it has amounts."""

import re
from datetime import UTC, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from asgiref.sync import async_to_sync
from django.test import Client
from django.utils.timezone import now

from metering.audit_trail.read_trail import TrailFilter
from metering.audit_trail.search_trail import search_trail
from metering.identity.people.create_team import create_team
from metering.models import Invitation, QuotaRequest, Tenant, WebhookEndpoint
from metering.statements.issue import issue_statement
from metering.statements.months import month_before
from tests.factories import AlertFactory, AttemptFactory, BudgetFactory, MeterFactory
from tests.integration.admin_console.people_of_alder import Alder, alders_people, browser_of

pytestmark = pytest.mark.django_db
MONTH = month_before(now().date().replace(day=1))
BY_NAME = [
    "teams/?sort=team",
    "people/invitations/?sort=person",
    "alerts/?sort=what",
    "limits/?sort=whom",
    "budgets/?sort=budget",
    "channels/?sort=channel",
    "quota-requests/?sort=whose",
    "audit/?noun=team&sort=when",
]


@pytest.fixture
def alder() -> Alder:
    """Of everything one row for the team Amber and, later and larger, one for the team Zebra."""
    found = alders_people()
    by: dict[str, Any] = {"actor": found.admin.email, "now": now()}
    for name, size in (("Amber", 2), ("Zebra", 3)):
        team = create_team(tenant=found.tenant, slug=name.lower(), name=name, **by)
        AttemptFactory(tenant_id=found.tenant.pk, team_id=team.pk, cost_nano_usd=size * 10**9)
        of_team = {"tenant": found.tenant, "scope": "team", "scope_id": str(team.pk), "per": "team"}
        budget = BudgetFactory(**of_team, dimension="requests", amount=size, set_by="tenant")
        AlertFactory(meter=MeterFactory(budget=budget))
        QuotaRequest.objects.create(
            tenant=found.tenant, budget=budget, subject_id=str(team.pk), amount=size, reason="x",
            user=found.admin, asked_by=found.admin.email,
        )  # fmt: skip
        Invitation.objects.create(
            tenant=found.tenant, email=f"{name.lower()}@new.example", token=found.token, asked_at=[now()],
            expires_at=now() + timedelta(days=size),
        )  # fmt: skip
        WebhookEndpoint.objects.create(
            tenant=found.tenant, name=name, kind="slack", shown_url="https://hooks.example", sealed_url=b"sealed",
            events=[],
        )  # fmt: skip
    return found


def listed(client: Client, path: str) -> list[str]:
    """Which of the two the page lists, in order."""
    response = client.get(f"/admin/{path}")
    assert response.status_code == 200
    text = response.content.decode()
    rows = re.search(r'<tbody>.*</tbody>|<ul class="inbox">.*?</ul>', text, re.DOTALL)
    return list(dict.fromkeys(re.findall("amber|zebra", rows[0].lower()))) if rows else []


@pytest.mark.parametrize("path", BY_NAME)
def test_a_list_is_sorted_both_ways_by_its_address(alder: Alder, path: str) -> None:
    client = browser_of(alder.admin)
    assert listed(client, path) == ["amber", "zebra"]
    if "quota" not in path:  # that one is sorted by a choice
        assert listed(client, path.replace("sort=", "sort=-")) == ["zebra", "amber"]
        header = re.search(
            r'<th[^>]*aria-sort="ascending"[^>]*>', client.get(f"/admin/{path}").content.decode()
        )
        assert header, "the header says how it is sorted"


@pytest.mark.parametrize("path", BY_NAME)
def test_a_list_is_searched_by_what_it_shows(alder: Alder, path: str) -> None:
    client = browser_of(alder.admin)
    page = client.get(f"/admin/{path}&q=zEbra").content.decode()
    assert '<input type="search" name="q" value="zEbra"' in page
    assert listed(client, f"{path}&q=zEbra") == ["zebra"]
    assert listed(client, f"{path}&q={quote('zebra nothing')}") == []


def test_teams_are_totalled_as_far_as_they_are_chosen(alder: Alder) -> None:
    client = browser_of(alder.admin)
    for query, count, total in (("", "3 teams", "$5.00"), ("?q=zebra", "1 team", "$3.00")):
        cells = client.get(f"/admin/teams/{query}").context["table"].total
        assert (cells[0].text, cells[2].text) == (count, total)


@pytest.mark.parametrize("path", ["teams", "people", "tokens"])
def test_what_was_spent_leads_to_its_usage(alder: Alder, path: str) -> None:
    admin = browser_of(alder.admin)
    cell = admin.get(f"/admin/{path}/").context["table"].rows[0].cells[-1]
    page = admin.get(cell.url)
    assert (page.status_code, list(page.context["problems"])) == (200, [])
    assert f"Cost {cell.text}" in " ".join(re.sub("<[^>]*>", " ", page.content.decode()).split())


def test_requests_for_quota_are_chosen_by_state_and_sorted_by_amount(alder: Alder) -> None:
    client = browser_of(alder.admin)
    QuotaRequest.objects.filter(amount=2).update(state="withdrawn", decided_at=now(), decided_by="bea")
    assert listed(client, "quota-requests/?state=answered") == ["amber"]
    assert listed(client, "quota-requests/?sort=-amount") == ["zebra", "amber"]
    assert listed(client, "quota-requests/?sort=amount") == ["amber", "zebra"]


class TestStatements:
    @pytest.fixture
    def client(self, alder: Alder) -> Client:
        Tenant.objects.update(created_at=now() - timedelta(days=400))
        alder.tenant.refresh_from_db()
        for month in (month_before(MONTH), MONTH):
            issue_statement(tenant=alder.tenant, month=month, actor="test", now=now())
        return browser_of(alder.admin)

    def test_are_sorted_and_searched_by_month(self, client: Client) -> None:
        def months(query: str) -> list[str]:
            return [line.month for line in client.get(f"/admin/statements/{query}").context["pages"].rows]

        newest, older = f"{MONTH:%B %Y}", f"{month_before(MONTH):%B %Y}"
        assert months("") == [newest, older]
        assert months("?sort=month") == [older, newest]
        assert months(f"?q={older}") == [older]

    def test_are_totalled(self, client: Client) -> None:
        context = client.get("/admin/statements/").context
        lines = context["pages"].rows
        assert context["to_pay"] == f"${sum(line.to_pay for line in lines):,}"
        assert "2 statements" in client.get("/admin/statements/").content.decode()


class TestAudit:
    def test_an_operators_name_is_found_by_nobody_of_the_tenant(self, alder: Alder) -> None:
        create_team(tenant=alder.tenant, slug="late", name="Late", actor="otto@ops.example", now=now())
        client = browser_of(alder.admin)

        def sentences(words: str) -> list[str]:
            table = client.get(f"/admin/audit/?q={words}").context["table"]
            return [row.cells[0].text for row in table.rows]

        assert sentences("late") == ["An operator made team late"]
        assert sentences("otto") == []

    def test_a_search_goes_on_behind_what_it_has_looked_through(self, alder: Alder) -> None:
        asked: Any = {"tenant": alder.tenant, "zone": UTC, "limit": 9, "most": 1}
        chosen = TrailFilter(tenant=alder.tenant, noun="team")
        found, after = search_trail(chosen, ["amber"], **asked)
        assert found == []  # the newest event is of Zebra
        found, after = search_trail(chosen, ["amber"], **asked, after=after)
        assert [entry.sentence for entry in found] == ["bea@alder.example made team amber"]
        assert after is None

    @pytest.mark.django_db(transaction=True)
    def test_its_csv_has_what_is_searched_for(self, alder: Alder) -> None:
        answer: Any = browser_of(alder.admin).get("/admin/audit/csv/?noun=team&q=zebra")

        async def parts() -> bytes:
            return b"".join([part async for part in answer])

        [line] = async_to_sync(parts)().decode().splitlines()[1:]
        assert "bea@alder.example made team zebra" in line
