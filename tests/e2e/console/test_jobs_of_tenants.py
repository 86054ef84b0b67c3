"""Jobs of a tenant's people in a real browser: each at most five clicks from the overview."""

import pytest

from metering.models import ATIToken, QuotaAlert
from tests.e2e.console.hand import MOST_CLICKS, Hand
from tests.support.busy_world import PASSWORD, BusyWorld

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
SIDEBAR = "#nav-sidebar-apps"


def test_a_member_signs_in_and_sees_the_own_usage_alone(nobody: Hand) -> None:
    nobody.browser.open("/admin/")
    nobody.browser.wait_for("document.querySelector('#login-form')")
    nobody.browser.fill("[name=username]", "bob@cedar.example")
    nobody.browser.fill("[name=password]", PASSWORD)
    nobody.browser.click("#login-form button[type=submit]")
    nobody.browser.wait_for("!document.querySelector('#login-form') && document.querySelector('#main')")
    nobody.click("Explore usage", within=SIDEBAR)
    nobody.fill("by", "Person")
    nobody.click("Show")
    nobody.reads("bob@cedar.example")
    assert "ann@cedar.example" not in nobody.browser.text
    nobody.is_done("a-member-sees-own-usage")


def test_an_alert_is_acknowledged(admin: Hand, world: BusyWorld) -> None:
    admin.click("Alerts", within=SIDEBAR)
    admin.reads("80 % reached")
    admin.click("Acknowledge")
    admin.reads("You look after this alert.")
    assert QuotaAlert.objects.filter(tenant_id=world.cedar.pk, acknowledged_by_id__isnull=False).count() == 1
    admin.is_done("acknowledge-an-alert")


def test_what_somebody_is_told_is_counted_by_the_bell_and_read(admin: Hand) -> None:
    admin.click("Notifications")
    admin.reads("Token carla-laptop", "expires within 7 days")
    unread = "Number(document.querySelector('.console-bell .console-count').firstChild.textContent)"
    before = admin.run(unread)
    admin.is_done("read-what-one-is-told")
    admin.click("Token carla-laptop")
    admin.reads("carla-laptop")
    assert admin.run(f"document.querySelector('.console-bell .console-count') ? {unread} : 0") == before - 1


def test_a_token_is_narrowed_and_that_is_undone(admin: Hand) -> None:
    admin.click("Tokens", within=SIDEBAR)
    admin.click("carla-laptop")
    admin.click("Change what it may do")
    admin.run("document.querySelector('input[type=checkbox][value=LLM0_CHAT]').click()")
    admin.click("Change what it may do")
    admin.reads("The last change")
    assert ATIToken.objects.get(name="carla-laptop").allowed_tasks == ["LLM0_CHAT"]
    admin.is_done("narrow-a-token")
    admin.click("Undo it")
    assert not ATIToken.objects.get(name="carla-laptop").allowed_tasks
    assert admin.clicks <= MOST_CLICKS
