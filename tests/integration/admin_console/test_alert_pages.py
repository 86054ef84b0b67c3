"""Alerts, as those see them whom they concern."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from metering.models import AuditEvent, Budget, QuotaAlert, Tenant
from tests.factories import AlertFactory, BudgetFactory, MeterFactory, birch
from tests.integration.admin_console import rows
from tests.integration.admin_console.people_of_alder import Alder, alders_people, browser_of, told

pytestmark = pytest.mark.django_db
ALERTS = "/admin/alerts/"
MOST_QUERIES = 14


@pytest.fixture
def alder() -> Alder:
    return alders_people()


@pytest.fixture
def admin(alder: Alder) -> Client:
    return browser_of(alder.admin)


def alert(tenant: Tenant | None, window: str = "day", **facts: object) -> QuotaAlert:
    whose = {"scope": "global"} if tenant is None else {"tenant": tenant}
    budget = BudgetFactory(amount=100, window=window, **whose)
    row: QuotaAlert = AlertFactory(meter=MeterFactory(budget=budget), **facts)
    return row


def sentences(client: Client, query: str = "") -> list[str]:
    return [line.sentence for line in client.get(f"{ALERTS}?{query}").context["pages"].rows]


def test_an_administrator_sees_the_tenants_and_an_operator_all_with_their_tenant(
    alder: Alder, admin: Client
) -> None:
    alert(alder.tenant)
    alert(birch())
    alert(None)
    assert sentences(admin) == ["Alder Research: 80 % reached of 100 calls a day"]
    operator = browser_of(rows.super_admin())
    assert len(sentences(operator)) == 3
    assert "The whole gateway" in " ".join(sentences(operator))
    [of_birch] = sentences(operator, "tenant=birch")
    assert of_birch.startswith("Tenant Birch Patents: 80 % reached of")


def test_an_alert_leads_to_its_budget_for_everybody_who_sees_it(alder: Alder, admin: Client) -> None:
    alert(alder.tenant)
    alert(None)
    for client, count in ((admin, 1), (browser_of(rows.super_admin()), 2)):
        lines = client.get(ALERTS).context["pages"].rows
        assert [client.get(line.url).status_code for line in lines] == [200] * count


def test_an_alert_of_a_budget_that_was_lifted_leads_nowhere(alder: Alder, admin: Client) -> None:
    Budget.objects.filter(pk=alert(alder.tenant).budget_id).update(is_active=False)
    assert [line.url for line in admin.get(ALERTS).context["pages"].rows] == [""]


def test_one_post_acknowledges_an_alert_and_the_first_who_does_stays(alder: Alder, admin: Client) -> None:
    row = alert(alder.tenant)
    assert told(admin.post(ALERTS, {"alert": str(row.pk)})) == ["You look after this alert."]
    row.refresh_from_db()
    assert row.acknowledged_by == alder.admin
    assert AuditEvent.objects.get(action="alert.acknowledged").actor == alder.admin.email
    operator = browser_of(rows.super_admin())
    assert told(operator.post(ALERTS, {"alert": str(row.pk)})) == [
        "bea@alder.example looks after it already."
    ]
    assert sentences(admin) == []
    assert len(sentences(admin, "state=acknowledged")) == 1


def test_a_tenants_people_do_not_learn_who_the_operators_are(alder: Alder, admin: Client) -> None:
    row = alert(alder.tenant)
    operator = rows.super_admin()
    browser_of(operator).post(ALERTS, {"alert": row.pk})
    again = admin.post(ALERTS, {"alert": row.pk}, follow=True)
    assert "An operator looks after it already." in again.content.decode()
    seen = admin.get(f"{ALERTS}?state=acknowledged")
    assert [line.acknowledged_by for line in seen.context["pages"].rows] == ["an operator"]
    assert operator.email not in seen.content.decode()
    [line] = browser_of(operator).get(f"{ALERTS}?state=acknowledged").context["pages"].rows
    assert line.acknowledged_by == operator.email


def test_the_sidebar_counts_what_nobody_has_acknowledged(alder: Alder, admin: Client) -> None:
    def mark(client: Client) -> str:
        page = client.get("/admin/profile/").content.decode()
        return page.partition('class="console-count">')[2].partition("<")[0]

    assert mark(admin) == ""
    row = alert(alder.tenant)
    alert(alder.tenant, "week", threshold=95)
    alert(birch())
    assert mark(admin) == "2"
    assert mark(browser_of(rows.super_admin())) == "3"
    assert mark(browser_of(alder.member)) == ""
    admin.post(ALERTS, {"alert": str(row.pk)})
    assert mark(admin) == "1"


def test_an_alert_of_another_tenant_is_not_there(alder: Alder, admin: Client) -> None:
    row = alert(birch())
    assert admin.post(ALERTS, {"alert": str(row.pk)}).status_code == 404
    assert admin.post(ALERTS, {"alert": "nonsense"}).status_code == 404
    assert QuotaAlert.objects.get(pk=row.pk).acknowledged_at is None


def test_more_alerts_need_no_more_queries(alder: Alder, admin: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert admin.get(ALERTS).status_code == 200
        return len(seen)

    alert(alder.tenant)
    before = queries()
    for window in ("week", "month"):
        alert(alder.tenant, window)
    assert queries() == before <= MOST_QUERIES
