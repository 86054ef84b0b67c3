"""Signing in and out, and who is signed in."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client
from django.utils.timezone import now

from metering.identity.sessions.open_session import new_session
from metering.identity.sessions.own_sessions import end_own_session
from metering.identity.sessions.token_pair import TokenPair, pair_for
from tests.e2e.cli.conftest import Desk
from tests.e2e.cli.shell import Shell

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
BACKEND = "django.contrib.auth.backends.ModelBackend"
CODE = re.compile(r"Your code: ([A-Z]{4}-[A-Z]{4})")


def decide(desk: Desk, code: str, verb: str) -> None:
    """What Ann does in her browser, which is outside of the test's transaction."""

    def click() -> None:
        browser = Client()
        browser.force_login(desk.ann, backend=BACKEND)
        assert browser.get("/admin/device/", {"code": code}).status_code == 200
        assert browser.post("/admin/device/", {"code": code, "verb": verb}).status_code == 302
        connection.close()

    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(click).result()


def test_a_machine_that_is_turned_away_is_not_signed_in(desk: Desk, shell: Shell) -> None:
    with shell.terminal("login", "--no-browser", LLM_BASE_URL=shell.url) as terminal:
        terminal.wait_for("Your code: ")
        found = CODE.search(terminal.text)
        assert found is not None
        decide(desk, found[1], "deny")
        terminal.wait_for("code: access_denied, request id: ")
        assert terminal.finish() == 4
        assert terminal.colour_of("The request was turned away") == "red"
    assert not shell.store.path.exists()


def test_whoever_was_signed_out_at_the_console_is_told_so(desk: Desk, shell: Shell) -> None:
    def ended_session() -> TokenPair:
        session = new_session(user=desk.bob, device="laptop", now=now())
        pair = pair_for(session, now=now())
        end_own_session(user=desk.bob, id=session.pk, now=now())
        connection.close()
        return pair

    with ThreadPoolExecutor(1) as elsewhere:
        shell.sign_in(elsewhere.submit(ended_session).result())
    ended = shell.run("models")
    assert (ended.code, ended.out) == (4, "")
    assert "code: invalid_credential, request id: " in ended.err


class TestWithAToken:
    def test_it_comes_by_standard_input_and_is_kept_from_others(self, desk: Desk, shell: Shell) -> None:
        ended = shell.run("--url", shell.url, "login", "--with-token", typed=f"{desk.secret}\n")
        assert (ended.code, ended.out) == (0, "")
        assert ended.err == f"✓ Signed in at {shell.url} as a token of alder.\n"
        assert shell.store.path.stat().st_mode & 0o777 == 0o600
        me = shell.run("whoami", "--json").json
        assert (me["tenant"], me["plan"], me["email"]) == ("alder", "PRO", None)

    def test_one_that_the_gateway_does_not_know_is_not_kept(self, shell: Shell) -> None:
        ended = shell.run("--url", shell.url, "login", "--with-token", typed="ati_abcdefgh_nothing")
        assert ended.code == 4
        assert "request id: " in ended.err
        assert not shell.store.path.exists()

    def test_none_is_a_mistake_in_writing(self, shell: Shell) -> None:
        assert shell.run("--url", shell.url, "login", "--with-token").code == 2

    def test_one_in_the_environment_is_used_and_said(self, desk: Desk, shell: Shell) -> None:
        ended = shell.run("whoami", LLM_BASE_URL=shell.url, LLM_API_KEY=desk.secret)
        assert "credential\tLLM_API_KEY" in ended.out


def test_whoever_is_not_signed_in_is_told_so_by_every_command(shell: Shell) -> None:
    for command in (("models",), ("usage", "status"), ("chat", "hello"), ("jobs", "list")):
        ended = shell.run(*command)
        assert (ended.code, ended.out) == (4, ""), command
        assert "llm-gateway login" in ended.err


def test_a_gateway_has_to_be_known_before_one_can_sign_in(shell: Shell) -> None:
    ended = shell.run("login")
    assert ended.code == 2
    assert "LLM_BASE_URL" in ended.err
    assert "were not signed in" in shell.run("logout").err
