"""A gateway for all tests of the command line, made once: to make one takes longer than a command."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils.timezone import now

from metering.identity.sessions.open_session import open_session
from metering.identity.sessions.token_pair import TokenPair
from metering.models import ATIToken, Membership, Team, User
from tests.e2e.cli.shell import Shell
from tests.e2e.raw import ask
from tests.e2e.server import Server, running_server
from tests.factories import BudgetFactory, TeamFactory, UserFactory, alder, make_token, reference_data
from tests.served import empty_tables, serve_model
from tests.support.search_services import running_search_services

CALLS = 9
"""That Bob has made for his team: all of his own budget, and most of the team's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Alder in Berlin: Ann administers it, Bob is a member of the team `patents` and has used up his requests."""

    server: Server
    ann: User
    bob: User
    team: Team
    sessions: dict[str, TokenPair]
    """Of both, by their addresses. The gateway sees nothing of what a test's own transaction makes."""
    secret: str
    """Of an ATI token of Alder's that nobody else uses."""


@pytest.fixture(scope="package")
def desk(django_db_setup: None, django_db_blocker: Any) -> Iterator[Desk]:
    with (
        django_db_blocker.unblock(),
        pytest.MonkeyPatch.context() as patch,
        running_search_services() as services,
    ):
        patch.setattr(settings, "OPENALEX_BASE_URL", services.url("openalex"))
        patch.setattr(settings, "USPTO_ODP_BASE_URL", services.url("uspto"))
        patch.setattr(settings, "USPTO_ODP_API_KEY", "uspto-key")
        reference_data()
        serve_model()
        tenant = alder(timezone="Europe/Berlin")
        token = ATIToken.objects.get(pk=make_token(tenant, name="people", signups_allowed=9).id)
        ann: User = UserFactory(
            email="ann@alder.example", name="Ann", role=User.Role.TENANT_ADMIN, signup_token=token
        )
        bob: User = UserFactory(email="bob@alder.example", signup_token=token)
        team: Team = TeamFactory(tenant=tenant, slug="patents", name="Patents")
        Membership.objects.create(team=team, user=bob)
        BudgetFactory(dimension="cost", window="month", amount=500 * 10**9)
        BudgetFactory(scope="team", scope_id=str(team.pk), dimension="requests", amount=10)
        BudgetFactory(scope="user", scope_id=str(bob.pk), dimension="requests", amount=CALLS)
        BudgetFactory(scope="user", scope_id=str(bob.pk), dimension="cost", amount=3 * 10**9)
        with running_server() as server:
            _call(server, bob, team)
            yield Desk(
                server=server,
                ann=ann,
                bob=bob,
                team=team,
                sessions={user.email: open_session(user=user, now=now()) for user in (ann, bob)},
                secret=make_token(tenant, name="script").secret,
            )
        empty_tables()


@pytest.fixture
def shell(desk: Desk, tmp_path: Path) -> Shell:
    """A folder and a home where nobody has signed in."""
    return Shell(url=desk.server.url, home=tmp_path / "home", folder=tmp_path / "work")


@pytest.fixture
def ann(shell: Shell, desk: Desk) -> Shell:
    """The shell of Ann, who is signed in."""
    shell.sign_in(desk.sessions[desk.ann.email])
    return shell


@pytest.fixture
def bob(shell: Shell, desk: Desk) -> Shell:
    """Bob's, in a folder of his team's."""
    shell.sign_in(desk.sessions[desk.bob.email])
    (shell.folder / ".llm-gateway.toml").write_text(
        f'[teams]\nenabled = true\napi_url = "{desk.server.url}"\nteam_id = "patents"\n'
    )
    return shell


def _call(server: Server, user: User, team: Team) -> None:
    body = {"model": "sandbox-small", "max_tokens": 40, "messages": [{"role": "user", "content": "hello"}]}
    headers: dict[str, Any] = {
        "authorization": f"Bearer {open_session(user=user, now=now()).access}",
        "content-type": "application/json",
        "x-team-id": team.slug,
    }
    for _ in range(CALLS):
        answer = ask(server, "POST", "/v1/chat/completions", json.dumps(body).encode(), headers)
        assert answer.status == 200, answer.body
