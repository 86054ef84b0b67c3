"""Jobs of a tenant's people in a real browser: each at most five clicks from the overview."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from metering.models import ATIToken, QuotaAlert, User
from metering.tasks import deliver_alerts
from tests.e2e.console.conftest import Desk, signed_out
from tests.e2e.console.hand import MOST_CLICKS, Hand
from tests.e2e.server import Server
from tests.mail import mail_server_in_use, text_of
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


def test_somebody_is_invited_by_mail_chooses_a_password_and_is_in(
    admin: Hand, gateway: Server, world: BusyWorld, settings: Any
) -> None:
    settings.INVITATION_URL = f"{gateway.url}/admin/invitation/"
    with mail_server_in_use(settings) as server:
        admin.click("People", within=SIDEBAR)
        admin.click("Invite somebody")
        admin.fill("E-mail address", "nora@cedar.example")
        admin.fill("Name", "Nora")
        admin.click("Send the invitation")
        admin.reads("An invitation is on its way to nora@cedar.example")
        admin.is_done("invite-a-member")
        with ThreadPoolExecutor(1) as worker:  # outside of this test's transaction, as the worker does it
            worker.submit(_deliver).result()
        [mail] = [mail for mail in server.mails if mail["To"] == "nora@cedar.example"]
        link = re.search(r"http://\S+/admin/invitation/\?token=\S+", text_of(mail))
    assert link is not None
    nobody = signed_out(admin.browser)
    nobody.browser.open(link[0].removeprefix(gateway.url))
    nobody.reads("nora@cedar.example is invited to work with Cedar Law by ann@cedar.example")
    nobody.keep_picture("come-in-by-an-invitation")
    for name in ("password", "again"):
        nobody.browser.fill(f"[name={name}]", PASSWORD)
    nobody.click("Come in")
    nobody.reads("Overview", "Nora")
    assert User.objects.get(email="nora@cedar.example").tenant == world.cedar
    assert nobody.browser.troubles == []


def test_whoever_has_a_token_signs_up_on_the_sign_in_page(nobody: Hand, desk: Desk) -> None:
    nobody.browser.open("/admin/login/")
    nobody.browser.wait_for("document.querySelector('#login-form')")
    nobody.browser.click("a[href='/admin/sign-up/']")
    nobody.browser.wait_for("document.querySelector('#sign-up-form')")
    for name, value in (("token", desk.one_sign_up), ("email", "otto@cedar.example"), ("password", PASSWORD)):
        nobody.browser.fill(f"[name={name}]", value)
    nobody.keep_picture("sign-up-with-a-token")
    nobody.click("Sign up")
    nobody.reads("Overview", "otto@cedar.example", "You have made no call yet")
    nobody.is_done("a-member-begins")


def _deliver() -> None:
    deliver_alerts()
    connection.close()
