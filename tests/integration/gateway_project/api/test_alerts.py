"""Alerts through the API: administrators list and acknowledge those of their tenant."""

import pytest

from metering.models import AuditEvent, QuotaAlert, User
from tests.factories import AlertFactory, BudgetFactory, MeterFactory, VendorAlertFactory, birch
from tests.integration.gateway_project.api.people import call, code_of, person, super_admin

pytestmark = pytest.mark.django_db
ADMIN = User.Role.TENANT_ADMIN


def shared() -> QuotaAlert:
    """Of a meter that all tenants share."""
    return AlertFactory(meter=MeterFactory(budget=BudgetFactory(scope="global")))


def listed(who: User, query: str = "") -> list[str]:
    return [row["id"] for row in call("GET", f"alerts{query}", who=who).json()["results"]]


def test_an_alert_says_what_how_much_and_when_it_resets() -> None:
    meter = MeterFactory(budget=BudgetFactory(dimension="cost", window="month"))
    alert = AlertFactory(meter=meter, threshold=95, used=96_500_000_000, held=0, limit=10**11)
    row = call("GET", f"alerts/{alert.pk}", who=person(ADMIN)).json()
    assert (row["level"], row["threshold"], row["dimension"], row["unit"]) == ("critical", 95, "cost", "usd")
    assert (row["used"], row["held"], row["requested"], row["limit"]) == ("96.5", "0", None, "100")
    assert row["reset_at"].startswith(meter.window_end.isoformat()[:10])
    assert row["acknowledged_at"] is None
    assert row["type"] == "QUOTA_CRITICAL"


def test_a_tenants_administrator_sees_the_tenants_own_alerts_and_no_shared_ones() -> None:
    mine, theirs = AlertFactory(), AlertFactory(meter=MeterFactory(budget=BudgetFactory(tenant=birch())))
    of_all = shared()
    admin = person(ADMIN)
    assert listed(admin) == [str(mine.pk)]
    for alert in (theirs, of_all):
        assert code_of(call("GET", f"alerts/{alert.pk}", who=admin)) == (404, "not_found")
        assert code_of(call("POST", f"alerts/{alert.pk}/acknowledge", who=admin)) == (404, "not_found")
    assert len(listed(super_admin())) == 3
    assert code_of(call("GET", "alerts", who=person()))[0] == 403


def test_what_is_noticed_about_vendors_is_no_alert_of_a_tenant() -> None:
    about_a_vendor = VendorAlertFactory()
    admin = person(ADMIN)
    assert listed(admin) == []
    for method, path in (("GET", ""), ("POST", "/acknowledge")):
        answer = call(method, f"alerts/{about_a_vendor.pk}{path}", who=admin)
        assert code_of(answer) == (404, "not_found")


def test_the_first_who_acknowledges_an_alert_stays() -> None:
    alert, first, second = AlertFactory(), person(ADMIN), person(ADMIN)
    answers = [call("POST", f"alerts/{alert.pk}/acknowledge", who=who) for who in (first, second)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert {answer.json()["acknowledged_by"] for answer in answers} == {str(first.pk)}
    [event] = AuditEvent.objects.filter(action="alert.acknowledged")
    assert event.tenant_id == alert.tenant_id


def test_what_is_acknowledged_can_be_told_from_what_is_not() -> None:
    meter, admin = MeterFactory(), person(ADMIN)
    seen, unseen = AlertFactory(meter=meter), AlertFactory(meter=meter, threshold=95)
    call("POST", f"alerts/{seen.pk}/acknowledge", who=admin)
    assert listed(admin, "?acknowledged=true") == [str(seen.pk)]
    assert listed(admin, "?acknowledged=false") == [str(unseen.pk)]
    assert sorted(listed(admin)) == sorted([str(unseen.pk), str(seen.pk)])  # of one millisecond, perhaps
    assert code_of(call("GET", "alerts?acknowledged=maybe", who=admin)) == (400, "invalid_request")
