"""Alerts about vendors in the console: what is shown, and who looks after them."""

import pytest
from django.test import Client

from metering.models import AuditEvent, User, VendorAlert
from tests.integration.admin_console import rows
from tests.integration.admin_console.conftest import Url

YES = {"_form_submitted": "True"}


@pytest.fixture
def alert(db: object) -> VendorAlert:
    rows.everything()
    return VendorAlert.objects.get()


def test_the_page_says_what_was_reported_and_charged_and_links_to_the_calls(
    console: Client, url: Url, alert: VendorAlert
) -> None:
    page = console.get(url(VendorAlert, "change", alert.pk)).content.decode()
    for fact in ("1000000000000", "$0.0012", "1200", "alder", f"?q={alert.reservation_id}", "nobody"):
        assert fact in page


def test_an_alert_is_acknowledged_after_a_question_and_the_first_who_does_it_stays(
    console: Client, url: Url, alert: VendorAlert, operator: User
) -> None:
    address = url(VendorAlert, "acknowledge", alert.pk)
    assert console.get(address).status_code == 200
    alert.refresh_from_db()
    assert alert.acknowledged_at is None
    page = console.post(address, YES)["HX-Redirect"]
    assert operator.email in console.get(page).content.decode()
    other = Client()
    other.force_login(rows.super_admin("other@example.com"))
    other.post(address, YES)
    alert.refresh_from_db()
    assert alert.acknowledged_by == operator
    [event] = AuditEvent.objects.filter(action="vendor_alert.acknowledged")
    assert (event.actor, event.tenant_id, event.object_id) == (operator.email, None, str(alert.pk))


def test_a_tenants_administrator_neither_sees_nor_acknowledges_it(
    client: Client, url: Url, alert: VendorAlert
) -> None:
    tenant = User.objects.get(email="ann@alder.example").tenant
    admin = User.objects.create_user(
        "bea@alder.example", "x", tenant=tenant, role="TENANT_ADMIN", is_staff=True
    )
    client.force_login(admin)
    for page in (url(VendorAlert), url(VendorAlert, "change", alert.pk)):
        assert client.get(page).status_code == 302
    assert client.post(url(VendorAlert, "acknowledge", alert.pk), YES).status_code == 302
    alert.refresh_from_db()
    assert alert.acknowledged_at is None


def test_no_such_alert_is_not_found(console: Client, url: Url) -> None:
    address = url(VendorAlert, "acknowledge", "0190163d-8694-739b-aea5-966c26f8ad91")
    assert console.post(address, YES).status_code == 404
