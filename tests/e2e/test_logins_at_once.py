"""Sixty people sign in at once over HTTP, while others call models: who is too many is told so at once."""

import json
import threading
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.e2e.server import Server
from tests.factories import make_token
from tests.quick_passwords import AS_IN_PRODUCTION

PEOPLE = 60
CHAT = {"model": "sandbox-small", "messages": [{"role": "user", "content": "hello"}], "max_tokens": 5}
JSON, FORM = "application/json", "application/x-www-form-urlencoded"


@pytest.fixture(autouse=True)
def as_in_production(settings: Any) -> None:
    settings.PASSWORD_HASHERS = AS_IN_PRODUCTION


def send(url: str, body: bytes, content_type: str, **headers: str) -> tuple[int, Any]:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, body, {"content-type": content_type, **sent})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
            return answer.status, answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.headers


def api_login(server: Server, number: int) -> tuple[int, Any]:
    body = json.dumps({"email": f"p{number}@example.com", "password": "wrong"}).encode()
    return send(f"{server.url}/api/auth/token", body, JSON, x_forwarded_for=f"192.0.2.{number + 1}")


def console_login(server: Server, number: int) -> tuple[int, Any]:
    """A wrong password: 200, the form again. The cookie and the field are all that the form's token is."""
    csrf = "a" * 32
    form = {"username": f"p{number}@example.com", "password": "wrong", "csrfmiddlewaretoken": csrf}
    return send(
        f"{server.url}/admin/login/",
        urlencode(form).encode(),
        FORM,
        x_forwarded_for=f"192.0.2.{number + 1}",
        cookie=f"csrftoken={csrf}",
    )


@pytest.fixture
def proxied(server: Server, settings: Any) -> Server:
    """Everybody comes from another address."""
    settings.TRUSTED_PROXIES = ["127.0.0.0/8"]
    return server


def test_some_are_answered_the_rest_is_refused_at_once_and_calls_go_on(proxied: Server) -> None:
    token, together = make_token(), threading.Barrier(PEOPLE + 1)

    def log_in(number: int) -> tuple[int, Any]:
        together.wait(60)
        return api_login(proxied, number)

    def chat() -> int:
        body = json.dumps(CHAT).encode()
        url = f"{proxied.url}/v1/chat/completions"
        return send(url, body, JSON, authorization=f"Bearer {token.secret}")[0]

    def who_am_i() -> int:
        request = urllib.request.Request(f"{proxied.url}/api/auth/me")  # noqa: S310
        request.add_header("authorization", f"Bearer {token.secret}")
        with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
            return int(answer.status)

    with ThreadPoolExecutor(PEOPLE) as pool:
        logins = [pool.submit(log_in, number) for number in range(PEOPLE)]
        together.wait(60)
        calls = [chat(), who_am_i()]
        while not all(login.done() for login in logins):
            calls += [chat(), who_am_i()]
        answers = [login.result() for login in logins]
    statuses = Counter(status for status, _ in answers)
    assert statuses.keys() == {401, 503}
    assert all(headers["Retry-After"] == "1" for status, headers in answers if status == 503)
    assert Counter(calls).keys() == {200}


def test_the_console_says_so_too(proxied: Server) -> None:
    together = threading.Barrier(PEOPLE)

    def log_in(number: int) -> tuple[int, Any]:
        together.wait(60)
        return console_login(proxied, number)

    with ThreadPoolExecutor(PEOPLE) as pool:
        answers = list(pool.map(log_in, range(PEOPLE)))
    statuses = Counter(status for status, _ in answers)
    assert statuses.keys() == {200, 503}
    assert all(headers["Retry-After"] == "1" for status, headers in answers if status == 503)
