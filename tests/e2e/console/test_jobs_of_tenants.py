"""Jobs of a tenant's people in a real browser: each at most five clicks from the overview."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.utils.timezone import now

from launcher.process import wait_until
from metering.models import ATIToken, BudgetOverride, QuotaAlert, QuotaRequest, User
from metering.statements.files import statement_file
from metering.tasks import deliver_alerts
from tests.browser import PATIENCE_S, Browser
from tests.e2e.console.conftest import ADMIN, OPERATOR, Desk, at_the_overview, chat, signed_out
from tests.e2e.console.hand import MOST_CLICKS, Hand
from tests.e2e.raw import ask
from tests.e2e.server import Server
from tests.mail import mail_server_in_use, text_of
from tests.support.axe import faults
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


def test_quota_is_asked_for_from_a_429_approved_with_its_effect_in_view_and_runs_out(
    page: Browser, desk: Desk, gateway: Server, settings: Any
) -> None:
    settings.PUBLIC_URL = gateway.url
    assert chat(gateway, desk.one_call_a_day).status == 200
    refused = chat(gateway, desk.one_call_a_day)
    assert refused.told == (429, "budget_exceeded")
    assert refused.error["ask_url"] in refused.error["message"]

    admin = at_the_overview(page, desk.sessions[ADMIN])
    admin.browser.open(refused.error["ask_url"].removeprefix(gateway.url))
    admin.reads("night-batch", "calls a day", "0 calls left of 1 call")
    admin.fill("How much more", "2")
    admin.fill("Why", "The filing of family 22 is due on Monday.")
    admin.is_done("ask-for-quota")
    admin.click("Ask for it")
    admin.reads("The request is on its way", "today")

    operator = at_the_overview(page, desk.sessions[OPERATOR])
    operator.click("Cedar Law: 2 calls more")
    operator.reads("Approving 2 calls", "Tenants", "1: cedar", "due on Monday")
    operator.fill("A sentence", "Good luck with the filing.")
    operator.is_done("answer-a-request")
    operator.click("Approve")
    operator.reads("Approved today", "Good luck with the filing.")
    assert QuotaRequest.objects.get().state == "approved"
    assert wait_until(lambda: chat(gateway, desk.one_call_a_day).status == 200, 10, every_s=0.2)
    operator.click("calls a day")
    operator.reads(
        "2 calls used", "of 3 calls: 1 call and 2 calls of overrides", "in force", "limit without override"
    )
    operator.is_done("an-override")

    row, moment = BudgetOverride.objects.get(), now()
    with psycopg.connect(settings.LEDGER_DATABASE_URL, autocommit=True) as database:
        # The day is over. No window ends early, so that the gateway looks again only for a meter that is not there.
        moved = "UPDATE metering_usagemeter SET id = -id, window_end = %s WHERE subject_id = %s"
        database.execute(moved, (moment, row.subject_id))
        database.execute(
            "DELETE FROM metering_limitwatch WHERE -meter_id IN (SELECT id FROM metering_usagemeter)"
        )
        database.execute("UPDATE metering_budgetoverride SET ends_at = %s", (moment,))
    assert wait_until(lambda: chat(gateway, desk.one_call_a_day).status == 200, 10, every_s=0.2)
    over = chat(gateway, desk.one_call_a_day)
    assert over.told == (429, "budget_exceeded")
    assert (over.error["usage"]["limit"], "override" in over.error["usage"]) == (1, False)
    operator.browser.open(f"/admin/budgets/{row.budget_id}/?tenant=cedar&subject={row.subject_id}")
    operator.reads("1 call used", "left of 1 call", "ended")
    operator.is_done("an-override-that-ended")


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


def test_the_monthly_statement_is_read_and_downloaded(admin: Hand, desk: Desk, tmp_path: Path) -> None:
    statement, file = desk.statement, statement_file(desk.statement, "pdf")
    admin.browser.download_into(tmp_path)
    admin.unfold("Advanced", within=SIDEBAR)
    admin.click("Statements", within=SIDEBAR)
    admin.click(f"{statement.month:%B %Y}")
    admin.reads("Vendors' cost, at their prices", "Usage by model", statement.digest)
    admin.is_done("read-the-monthly-statement")
    admin.click("PDF", stays=True)
    assert downloaded(tmp_path / file.name) == file.content
    assert admin.clicks <= MOST_CLICKS


def downloaded(file: Path) -> bytes:
    """The browser gives a file its name once it is whole."""
    deadline = time.monotonic() + PATIENCE_S
    while not file.exists():
        assert time.monotonic() < deadline, list(file.parent.iterdir())
        time.sleep(0.05)
    return file.read_bytes()


def test_a_machine_that_shows_a_code_is_let_in_and_signed_out_again(admin: Hand, gateway: Server) -> None:
    headers: dict[str, Any] = {"content-type": "application/json"}
    asked = ask(gateway, "POST", "/api/auth/device", b'{"machine": "ann@laptop"}', headers).json
    admin.browser.open(f"/admin/device/?code={asked['user_code']}")
    admin.reads("ann@laptop asks to be signed in as you", asked["user_code"], "127.0.0.1")
    for width in (1440, 390):
        admin.browser.resize(width, 900)
        assert faults(admin.browser) == []
        assert admin.run("document.documentElement.scrollWidth <= window.innerWidth")
    admin.browser.resize(1440, 900)
    admin.is_done("let-a-machine-in")
    admin.click("Sign it in")
    admin.reads("“ann@laptop” is being signed in as you.")
    code = json.dumps({"device_code": asked["device_code"]}).encode()
    pair = ask(gateway, "POST", "/api/auth/device/token", code, headers).json
    bearer: dict[str, Any] = {"authorization": f"Bearer {pair['access']}"}
    assert ask(gateway, "GET", "/api/auth/me", headers=bearer).json["email"] == ADMIN
    admin.browser.open("/admin/profile/")
    admin.click("Sign out", within="#main table")
    admin.reads("“ann@laptop” is signed out.")
    assert ask(gateway, "GET", "/api/auth/me", headers=bearer).status == 401
    assert not admin.browser.troubles
