"""A busy gateway and a browser, made once for all jobs of a module: to make them takes longer than a job."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils.timezone import now

from metering.alerts.address import address_alerts
from metering.models import ATIToken, Statement, Tenant, User
from metering.statements.issue import issue_statement
from metering.statements.months import month_at, month_before
from metering.watching.tokens import tell_of_expiring_tokens
from tests.browser import Browser, running_browser
from tests.e2e.console.hand import Hand
from tests.e2e.raw import Reply, ask
from tests.e2e.server import Server, running_server
from tests.factories import BudgetFactory, make_token, reference_data
from tests.served import empty_tables
from tests.support.busy_world import BusyWorld, busy_world

BACKEND = "django.contrib.auth.backends.ModelBackend"
CALLS = 400
OPERATOR, ADMIN = "ops@example.com", "ann@cedar.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The busy gateway, who is signed in there, and the secrets of two tokens: one may make one call a day, with the
    other one more person may sign up.
    """

    world: BusyWorld
    sessions: dict[str, str]
    one_call_a_day: str
    one_sign_up: str
    statement: Statement
    """Cedar's, of the month before."""


@pytest.fixture(scope="module")
def desk(django_db_setup: None, django_db_blocker: Any) -> Iterator[Desk]:
    with django_db_blocker.unblock():
        try:
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
                one_sign_up=make_token(world.cedar, plan="PRO", name="people", signups_allowed=1).secret,
                statement=_statement_of(world.cedar),
            )
        finally:  # a set-up that breaks off leaves rows too, which other tests would meet
            empty_tables()


def _statement_of(tenant: Tenant) -> Statement:
    moment = now()
    month = month_before(month_at(tenant, moment))
    return issue_statement(tenant=tenant, month=month, actor="test", now=moment)


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
    return at_the_overview(page, desk.sessions[OPERATOR])


@pytest.fixture
def admin(page: Browser, desk: Desk) -> Hand:
    """Cedar's administrator, at the overview."""
    return at_the_overview(page, desk.sessions[ADMIN])


@pytest.fixture
def nobody(page: Browser) -> Hand:
    """Not signed in."""
    return signed_out(page)


def signed_out(page: Browser) -> Hand:
    """Whoever was signed in is not any longer."""
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


def at_the_overview(page: Browser, session: str) -> Hand:
    """Whoever has the session, with no click made."""
    page.troubles.clear()
    page.carry_cookie(settings.SESSION_COOKIE_NAME, session)
    hand = Hand(page)
    hand.begin()
    return hand


def chat(gateway: Server, secret: str, model: str = "gpt-5-mini") -> Reply:
    body = {"model": model, "max_tokens": 20, "messages": [{"role": "user", "content": "hello"}]}
    headers: dict[str, Any] = {"authorization": f"Bearer {secret}", "content-type": "application/json"}
    return ask(gateway, "POST", "/v1/chat/completions", json.dumps(body).encode(), headers)
