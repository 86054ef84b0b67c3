"""Every page of the console for every role: open to all (axe), in light and dark, on a desk and on a telephone.

With PICTURES=folder each page is also left there as it looks. PAGES=word,word looks only at addresses with such a word.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from metering.models import User
from tests.browser import Browser, running_browser
from tests.e2e.server import running_server
from tests.factories import reference_data
from tests.support.axe import faults
from tests.support.busy_world import BusyWorld, busy_world
from tests.support.console_pages import ADMIN, MEMBER, OPERATOR, addresses

BACKEND = "django.contrib.auth.backends.ModelBackend"
WIDE, NARROW = 1440, 390
PICTURES = os.environ.get("PICTURES")
ONLY = tuple(filter(None, os.environ.get("PAGES", "").split(",")))


@pytest.fixture
def world(transactional_db: Any) -> BusyWorld:
    reference_data()
    return busy_world(calls=int(os.environ.get("CALLS", "300")))


@pytest.fixture
def browser(world: BusyWorld, tmp_path: Path) -> Iterator[Browser]:
    with running_server() as server, running_browser(server.url, tmp_path) as browser:
        yield browser


def sign_in(browser: Browser, email: str) -> None:
    client = Client()
    client.force_login(User.objects.get(email=email), backend=BACKEND)
    browser.carry_cookie(settings.SESSION_COOKIE_NAME, client.cookies[settings.SESSION_COOKIE_NAME].value)


def look(browser: Browser, path: str, who: str) -> list[str]:
    """At one page, wide in light and narrow in dark; with PICTURES also the other way round. The faults found."""
    found: list[str] = []
    browser.resize(WIDE)
    browser.open(path)
    browser.wait_for("document.querySelector('#main') && window.Alpine")
    for width, theme in ((WIDE, "light"), (NARROW, "dark")):
        browser.resize(width)
        browser.run(f"document.documentElement.className = {theme!r}")
        found += [f"{who} {path} {width} {theme}: {line}" for line in faults(browser)]
        _keep(browser, f"{who.partition('@')[0]}{path.replace('/', '_')}_{width}_{theme}")
    wider = browser.run("document.documentElement.scrollWidth - window.innerWidth")
    if wider > 0:
        found.append(f"{who} {path} {NARROW}: {wider} pixels wider than the window")
    if PICTURES:
        for width, theme in ((NARROW, "light"), (WIDE, "dark")):
            browser.resize(width)
            browser.run(f"document.documentElement.className = {theme!r}")
            _keep(browser, f"{who.partition('@')[0]}{path.replace('/', '_')}_{width}_{theme}")
    return found


def _keep(browser: Browser, name: str) -> None:
    if PICTURES:
        browser.screenshot(Path(PICTURES) / f"{name.replace('?', '_')}.png", whole=True)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("who", [OPERATOR, ADMIN, MEMBER])
def test_every_page_is_open_to_all_and_asks_no_other_host(
    browser: Browser, world: BusyWorld, who: str
) -> None:
    found: list[str] = []
    sign_in(browser, who)
    for path in addresses(who, world):
        if not ONLY or any(word in f"{who} {path} " for word in ONLY):
            found += look(browser, path, who)
    found += browser.troubles
    if found:
        pytest.fail("\n".join(found), pytrace=False)
