"""What answers is no gateway: a proxy's page, a redirect to a sign-in, half a document. Every way of asking says so."""

import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from gateway_client import (
    AsyncGatewayClient,
    FixedToken,
    GatewayApi,
    GatewayClient,
    GatewayError,
    GatewayUnavailableError,
    ProxiedLLMProvider,
    ProxyConfig,
    RetryPolicy,
    Session,
    Settings,
)
from gateway_client.credentials.store import CredentialStore
from tests.unit.gateway_client.scripted import Answer, scripted

PAGE = Answer(body="<html>Sign in</html>", headers={"content-type": "text/html; charset=utf-8"})
ELSEWHERE = Answer(status=302, body="", headers={"location": "https://sso.example/login?state=secret"})
HALF = Answer(body='{"id": ')
OTHER = Answer(body={"message": "This is another service."})
EVERY = {"a page": PAGE, "a redirect": ELSEWHERE, "half a document": HALF, "another service": OTHER}
ONCE = RetryPolicy(retries=0, patience_s=0)
WAYS: dict[str, Callable[[str], Any]] = {
    "chat": lambda url: GatewayClient(Settings(base_url=url, api_key="k")).chat("hi"),
    "stream": lambda url: list(GatewayClient(Settings(base_url=url, api_key="k")).stream_chat("hi")),
    "models": lambda url: GatewayClient(Settings(base_url=url, api_key="k")).models(),
    "budget": lambda url: GatewayClient(Settings(base_url=url, api_key="k")).budget(),
    "chat of a team": lambda url: _of_a_team(url).chat("hi"),
    "who one is": lambda url: GatewayApi(url, FixedToken("k")).me(),
    "pages of the API": lambda url: list(GatewayApi(url, FixedToken("k")).budgets()),
}


def _of_a_team(url: str) -> ProxiedLLMProvider:
    return ProxiedLLMProvider(ProxyConfig(api_url=url, access_token="k"))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("answer", EVERY)
def test_what_no_gateway_answers_is_told_by_an_error_of_the_clients(way: str, answer: str) -> None:
    with scripted(EVERY[answer]) as script, pytest.raises(GatewayError, match="s the address right"):
        WAYS[way](script.url)
    assert len(script.asked) == 1, "asking again would not mend it"


def test_a_redirect_is_named_without_what_its_address_may_hold() -> None:
    with scripted(ELSEWHERE) as script, pytest.raises(GatewayError) as caught:
        WAYS["models"](script.url)
    assert "https://sso.example (HTTP 302)" in caught.value.message
    assert "secret" not in caught.value.message


async def test_the_async_client_says_so_alike() -> None:
    with scripted(PAGE) as script:
        async with AsyncGatewayClient(Settings(base_url=script.url, api_key="k")) as client:
            with pytest.raises(GatewayError, match="text/html"):
                await client.chat("hi")
            with pytest.raises(GatewayError, match="text/html"):
                [chunk async for chunk in client.stream_chat("hi")]


def test_a_page_is_not_taken_for_a_gateway_that_is_ready() -> None:
    for answer in (PAGE, ELSEWHERE):
        with scripted(answer) as script, pytest.raises(GatewayUnavailableError, match="was not ready"):
            GatewayClient(Settings(base_url=script.url, api_key="k"), policy=ONCE).wait_until_ready(0.05)


def test_signing_in_where_there_is_no_gateway_says_so(tmp_path: Any) -> None:
    session_at = CredentialStore(tmp_path, keyring=None)
    with scripted(PAGE) as script, pytest.raises(GatewayError, match="Is the address right"):
        Session(script.url, store=session_at).sign_in("ann@alder.example", "password")


def test_waiting_for_a_gateway_that_never_answers_ends_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = GatewayClient(Settings(base_url=f"http://127.0.0.1:{silent.getsockname()[1]}", api_key="k"))
        begun = time.monotonic()
        with pytest.raises(GatewayUnavailableError, match=r"ReadTimeout|timed out"):
            client.wait_until_ready(0.3)
        assert time.monotonic() - begun < 3
