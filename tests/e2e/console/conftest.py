"""A busy gateway and a browser, made once for all jobs of a module: to make them takes longer than a job."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils.timezone import now

from metering.alerts.address import address_alerts
from metering.models import ATIToken, User
from metering.watching.tokens import tell_of_expiring_tokens
from tests.browser import Browser, running_browser
from tests.e2e.console.hand import Hand
from tests.e2e.server import Server, running_server
from tests.factories import BudgetFactory, make_token, reference_data
from tests.served import empty_tables
from tests.support.busy_world import BusyWorld, busy_world

BACKEND = "django.contrib.auth.backends.ModelBackend"
CALLS = 400
OPERATOR, ADMIN = "ops@example.com", "ann@cedar.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The busy gateway, who is signed in there, and the secret of a token that may make one call a day."""

    world: BusyWorld
    sessions: dict[str, str]
    one_call_a_day: str


@pytest.fixture(scope="module")
def desk(django_db_setup: None, django_db_blocker: Any) -> Iterator[Desk]:
    with django_db_blocker.unblock():
        reference_data()
        world = busy_world(calls=CALLS)
        issued = make_token(world.cedar, plan="PRO", name="night-batch")
        BudgetFactory(
            scope="token", scope_id=str(issued.id), tenant=world.cedar, per="token", dimension="requests",
            window="day", amount=1,
        )  # fmt: skip
        _carlas_token_expires_soon()
        yield Desk(
            world=world,
            sessions={email: _session_of(email) for email in (OPERATOR, ADMIN)},
            one_call_a_day=issued.secret,
        )
        empty_tables()


@pytest.fixture
def world(desk: Desk) -> BusyWorld:
    return desk.world


@pytest.fixture(scope="module")
def gateway(desk: Desk) -> Iterator[Server]:
    with running_server() as server:
        yield server


@pytest.fixture(scope="module")
def page(gateway: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with running_browser(gateway.url, tmp_path_factory.mktemp("browser")) as browser:
        browser.resize(1440, 900)
        yield browser


@pytest.fixture
def operator(page: Browser, desk: Desk) -> Hand:
    """The super admin, at the overview."""
    return _at_the_overview(page, desk.sessions[OPERATOR])


@pytest.fixture
def admin(page: Browser, desk: Desk) -> Hand:
    """Cedar's administrator, at the overview."""
    return _at_the_overview(page, desk.sessions[ADMIN])


@pytest.fixture
def nobody(page: Browser) -> Hand:
    """Not signed in."""
    page.troubles.clear()
    page.carry_cookie(settings.SESSION_COOKIE_NAME, "none")
    return Hand(page)


def _carlas_token_expires_soon() -> None:
    """And its administrators are told."""
    moment = now()
    carlas = ATIToken.objects.filter(name="carla-laptop")
    carlas.update(created_at=moment - timedelta(days=90), expires_at=moment + timedelta(days=5))
    tell_of_expiring_tokens(now=moment)
    address_alerts(now=moment)


def _session_of(email: str) -> str:
    client = Client()
    client.force_login(User.objects.get(email=email), backend=BACKEND)
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


def _at_the_overview(page: Browser, session: str) -> Hand:
    page.troubles.clear()
    page.carry_cookie(settings.SESSION_COOKIE_NAME, session)
    hand = Hand(page)
    hand.begin()
    return hand
