"""People and their teams on the wire protocols, over real HTTP."""

import json
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.utils.timezone import now

from metering.identity.sessions.open_session import open_session
from metering.identity.tokens.revoke_token import revoke_token
from metering.models import ATIToken, LoginSession, Membership, UsageLog, User
from tests.e2e.server import Server
from tests.factories import TeamFactory, UserFactory, birch, make_token

CHAT = {"model": "sandbox-small", "messages": [{"role": "user", "content": "hello"}], "max_tokens": 5}
PATIENCE_S = 30.0


def post(server: Server, path: str, body: Any, bearer: str = "", **headers: str) -> tuple[int, Any]:
    sent = {"content-type": "application/json", **{name.replace("_", "-"): v for name, v in headers.items()}}
    if bearer:
        sent["authorization"] = f"Bearer {bearer}"
    request = urllib.request.Request(f"{server.url}{path}", json.dumps(body).encode(), sent)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def chat(server: Server, bearer: str, **headers: str) -> tuple[int, str]:
    """The status, and the code of a refusal."""
    status, answer = post(server, "/v1/chat/completions", CHAT, bearer, **headers)
    return status, answer.get("error", {}).get("code", "")


def person() -> User:
    token = ATIToken.objects.get(pk=make_token().id)
    user: User = UserFactory(signup_token=token)
    return user


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.02)


def test_a_person_calls_models_with_an_access_token(server: Server) -> None:
    user = person()
    assert chat(server, open_session(user=user, now=now()).access) == (200, "")
    assert UsageLog.objects.values_list("user_id", "token_id").get() == (user.pk, user.signup_token_id)


def test_who_logs_out_is_refused_within_a_second(server: Server) -> None:
    pair = open_session(user=person(), now=now())
    assert chat(server, pair.access)[0] == 200
    post(server, "/api/auth/logout", None, pair.access)
    until(lambda: chat(server, pair.access) == (401, "invalid_credential"))


def test_who_signed_up_with_a_token_that_is_revoked_is_refused_within_a_second(server: Server) -> None:
    user = person()
    access = open_session(user=user, now=now()).access
    assert chat(server, access)[0] == 200
    revoke_token(token=user.signup_token, actor="a test", now=now())
    until(lambda: chat(server, access) == (401, "invalid_credential"))


def test_who_is_deactivated_is_refused_within_a_second(server: Server) -> None:
    user = person()
    access = open_session(user=user, now=now()).access
    assert chat(server, access)[0] == 200
    User.objects.filter(pk=user.pk).update(is_active=False)
    until(lambda: chat(server, access) == (401, "invalid_credential"))


def test_a_super_admin_has_no_plan_to_call_models_on(server: Server) -> None:
    operator = User.objects.create_superuser("ops@example.com", None)
    assert chat(server, open_session(user=operator, now=now()).access) == (403, "not_permitted")


class TestTeams:
    def test_a_person_works_for_the_own_team_and_no_other(self, server: Server) -> None:
        user, mine, other = person(), TeamFactory(), TeamFactory()
        foreign = TeamFactory(tenant=birch())
        Membership.objects.create(team=mine, user=user)
        access = open_session(user=user, now=now()).access
        assert chat(server, access, x_team_id=mine.slug)[0] == 200
        assert chat(server, access, x_team_id=str(mine.pk))[0] == 200
        assert chat(server, access, x_team_id=other.slug) == (403, "not_permitted")
        assert chat(server, access, x_team_id=str(foreign.pk)) == (404, "not_found")
        assert set(UsageLog.objects.values_list("team_id", flat=True)) == {mine.pk}

    def test_a_tenants_token_works_for_any_team_of_the_tenant(self, server: Server) -> None:
        token, team, foreign = make_token(), TeamFactory(), TeamFactory(tenant=birch())
        assert chat(server, token.secret, x_team_id=team.slug)[0] == 200
        assert chat(server, token.secret, x_team_id=foreign.slug) == (404, "not_found")

    def test_a_teams_token_works_for_that_team_only(self, server: Server) -> None:
        mine, other = TeamFactory(), TeamFactory()
        token = make_token(team=mine)
        assert chat(server, token.secret, x_team_id=mine.slug)[0] == 200
        assert chat(server, token.secret, x_team_id=other.slug) == (403, "not_permitted")

    def test_who_leaves_a_team_no_longer_works_for_it(self, server: Server) -> None:
        user, team = person(), TeamFactory()
        Membership.objects.create(team=team, user=user)
        access = open_session(user=user, now=now()).access
        assert chat(server, access, x_team_id=team.slug)[0] == 200
        Membership.objects.all().delete()
        until(lambda: chat(server, access, x_team_id=team.slug) == (403, "not_permitted"))


def test_ten_refreshes_at_once_with_one_token_get_the_same_successor(server: Server) -> None:
    pair = open_session(user=person(), now=now())
    together = Barrier(10)

    def refresh(_: int) -> tuple[int, Any]:
        together.wait(30)
        return post(server, "/api/auth/token/refresh", {"refresh": pair.refresh})

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(refresh, range(10)))
    assert Counter(status for status, _ in answers) == {200: 10}
    [successor] = {answer["refresh"] for _, answer in answers}
    assert all(chat(server, answer["access"])[0] == 200 for _, answer in answers)
    assert post(server, "/api/auth/token/refresh", {"refresh": successor})[0] == 200
    assert post(server, "/api/auth/token/refresh", {"refresh": pair.refresh})[0] == 401
    assert LoginSession.objects.get().ended_by == "reuse"


def test_who_has_left_the_team_of_the_own_token_is_refused_within_a_second(server: Server) -> None:
    user, team = person(), TeamFactory()
    ATIToken.objects.filter(pk=user.signup_token_id).update(team=team)
    Membership.objects.create(team=team, user=user)
    access = open_session(user=user, now=now()).access
    assert chat(server, access)[0] == 200
    Membership.objects.all().delete()
    until(lambda: chat(server, access) == (403, "not_permitted"))


@pytest.mark.parametrize(("address", "status"), [("192.0.2.7", 200), ("198.51.100.7", 401)])
def test_a_token_for_a_network_works_from_there_only(
    server: Server, settings: Any, address: str, status: int
) -> None:
    settings.TRUSTED_PROXIES = ["127.0.0.0/8"]
    token = make_token(allowed_networks=["192.0.2.0/24"])
    assert chat(server, token.secret, x_forwarded_for=f"192.0.2.1, {address}")[0] == status
