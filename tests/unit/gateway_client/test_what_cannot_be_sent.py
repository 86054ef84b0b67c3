"""What no request can hold is said at once, and by an error that shows no secret."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway_client import (
    ConfigurationError,
    CredentialStore,
    FixedToken,
    GatewayApi,
    GatewayClient,
    ProxiedLLMProvider,
    ProxyConfig,
    Session,
    Settings,
)
from tests.unit.gateway_client.scripted import good, scripted

NOWHERE = "http://127.0.0.1:9"
BAD_HEADER = {"extra_headers": {"x-agent-id": "Büro"}}


def client(url: str = NOWHERE, key: str = "ati_secret", team: str | None = None) -> GatewayClient:
    return GatewayClient(Settings(base_url=url, api_key=key, team=team))


def test_blanks_and_line_ends_around_a_token_are_left_out() -> None:
    with scripted(good()) as script:
        client(script.url, " ati_secret\r\n").chat("hi")
    assert script.asked[0].headers["authorization"] == "Bearer ati_secret"


@pytest.mark.parametrize("token", ["ati_sécret", "ati_se\ncret", "ati se cret", "ati_\x00secret", " \n"])
def test_what_can_be_no_token_is_told_without_showing_it(tmp_path: Path, token: str) -> None:
    session = Session(NOWHERE, store=CredentialStore(tmp_path, keyring=None))
    config = ProxyConfig(api_url=NOWHERE, access_token=token)
    ways: list[Callable[[], Any]] = [
        lambda: client(key=token),
        lambda: ProxiedLLMProvider(config),
        lambda: session.sign_in_with_token(token),
    ]
    for way in ways:
        with pytest.raises(ConfigurationError, match="The token") as caught:
            way()
        assert "cret" not in str(caught.value)


@pytest.mark.parametrize("team", ["Büro", "the team", "a\nb"])
def test_what_can_be_no_team_is_named(team: str) -> None:
    ways: list[Callable[[], Any]] = [
        lambda: client(team=team),
        lambda: client().budget(team),
        lambda: GatewayApi(NOWHERE, FixedToken("k"), team=team),
    ]
    for way in ways:
        with pytest.raises(ConfigurationError, match="is no team's id or slug"):
            way()


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "gateway.example", "ftp://gateway.example"])
def test_an_address_without_http_is_refused_at_once(tmp_path: Path, url: str) -> None:
    session = Session(url, store=CredentialStore(tmp_path, keyring=None))
    ways: list[Callable[[], Any]] = [
        lambda: client(url).chat("hi"),
        lambda: client(url).models(),
        lambda: client(url).wait_until_ready(10),
        lambda: session.sign_in("ann@alder.example", "password"),
    ]
    begun = time.monotonic()
    for way in ways:
        with pytest.raises(ConfigurationError, match=r"is no address.*protocol"):
            way()
    assert time.monotonic() - begun < 5, "a wait and another try would not mend it"


@pytest.mark.parametrize("ask", [{"messages": "half \ud83d"}, {"messages": "hi", **BAD_HEADER}], ids=str)
def test_a_character_that_cannot_be_sent_is_named(ask: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="cannot be sent: it holds"):
        client().chat(**ask)
