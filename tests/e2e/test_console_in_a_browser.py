"""The console as people use it: in a browser, which runs its scripts and loads its styles."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils.timezone import now

from metering.identity.tokens.secret import digest_of
from metering.models import ATIToken, User
from tests.browser import Browser, running_browser
from tests.e2e.server import Server
from tests.e2e.test_identity import chat
from tests.factories import make_plan, make_token

PASSWORD = "correct horse battery"


@pytest.fixture
def admin(server: Server) -> User:
    """Alder's."""
    token = make_token()
    assert chat(server, token.secret)[0] == 200
    return User.objects.create_user(
        "bea@alder.example",
        PASSWORD,
        tenant=ATIToken.objects.get(pk=token.id).tenant,
        role=User.Role.TENANT_ADMIN,
        is_staff=True,
    )


@pytest.fixture
def browser(server: Server, tmp_path: Path) -> Iterator[Browser]:
    with running_browser(server.url, tmp_path) as browser:
        yield browser


def log_in(browser: Browser, email: str) -> None:
    browser.open("/admin/")
    browser.wait_for("document.querySelector('#login-form')")
    browser.fill("[name=username]", email)
    browser.fill("[name=password]", PASSWORD)
    browser.click("#login-form button[type=submit]")
    browser.wait_for("!document.querySelector('#login-form')")


@pytest.mark.slow
def test_a_tenants_administrator_simulates_another_plan(
    admin: User, browser: Browser, tmp_path: Path
) -> None:
    make_plan("DEAR", classes=("ADVANCED",))
    log_in(browser, admin.email)
    browser.open("/admin/simulator/")
    browser.wait_for("document.querySelector('#simulator_form')")
    browser.fill("[name=since]", str(now().date() - timedelta(days=1)))
    browser.fill("[name=plan]", "DEAR")
    browser.click("#simulator_form button[type=submit]")
    browser.wait_for("document.querySelector('#answer')")
    browser.screenshot(tmp_path / "simulator.png")
    assert browser.run("getComputedStyle(document.querySelector('#answer dl')).display") == "grid"
    words = browser.text.split()
    assert "Would have been denied 1" in " ".join(words)
    assert "Plan DEAR model not in the plan" in " ".join(words)
    assert browser.troubles == []


@pytest.mark.slow
def test_the_overview_and_every_link_of_the_sidebar_show_without_an_error(browser: Browser) -> None:
    User.objects.create_superuser("ops@example.com", PASSWORD)
    log_in(browser, "ops@example.com")
    links = browser.run("[...document.querySelectorAll('#nav-sidebar-apps a')].map(a => a.pathname)")
    assert len(links) > 25
    for link in links:
        browser.open(link)
        browser.wait_for(f"location.pathname == {link!r} && document.querySelector('#nav-sidebar-apps')")
    assert browser.troubles == []


@pytest.mark.slow
def test_a_secret_is_seen_once_where_a_token_is_issued_or_rotated(browser: Browser) -> None:
    User.objects.create_superuser("ops@example.com", PASSWORD)
    token = ATIToken.objects.get(pk=make_token().id)
    log_in(browser, "ops@example.com")
    shown = "document.querySelector('#secret')"

    browser.open("/admin/metering/atitoken/add/")
    browser.wait_for("document.querySelector('[name=plan_tier]')")
    for name, row in (("tenant", token.tenant), ("plan_tier", token.plan_tier)):
        option = f"new Option({str(row)!r}, {str(row.pk)!r}, true, true)"
        browser.run(f"document.querySelector('[name={name}]').append({option})")
    browser.fill("[name=name]", "ci")
    browser.click("[name=_save]")
    browser.wait_for(shown)
    issued = ATIToken.objects.get(name="ci")
    assert bytes(issued.digest) == digest_of(browser.run(f"{shown}.innerText"))
    page = f"/admin/metering/atitoken/{issued.pk}/change/"
    browser.run("location.reload()")
    browser.wait_for(f"location.pathname == {page!r} && document.querySelector('[hx-get*=rotate]')")
    assert ATIToken.objects.count() == 2

    browser.click("[hx-get*=rotate]")
    browser.wait_for(
        "document.querySelector('#dialog form')?.['htmx-internal-data']?.initHash"
    )  # htmx has it in hand
    browser.click("#dialog button[type=submit]")
    browser.wait_for(shown)
    issued.refresh_from_db()
    assert bytes(issued.digest) == digest_of(browser.run(f"{shown}.innerText"))
    assert browser.run("document.querySelector('#dialog [name=grace]')") is None
    browser.click("#dialog a")
    browser.wait_for(f"location.pathname == {page!r} && !{shown}")
    assert browser.troubles == []
