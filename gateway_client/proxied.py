"""Teams mode: every call goes through the team's gateway, by the documents' own surface `/llm`.

Public: ProxyConfig, ProxiedLLMProvider, AsyncProxiedLLMProvider.
"""

from dataclasses import dataclass, field

from gateway_client.connection import Connection
from gateway_client.credentials.credential import normal_url
from gateway_client.gateway_provider import AsyncGatewayProvider, GatewayProvider
from gateway_client.retries import USUAL, RetryPolicy
from gateway_client.session import FixedToken, Session, TokenSource
from gateway_client.teams_surface import TeamsSurface

PREFIX = "/v1"
"""Where the models are listed with their prices; chats have their own paths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyConfig:
    """Which gateway, for which team, and what to ask for where a call does not say."""

    api_url: str
    team_id: str | None = None
    access_token: str | None = field(default=None, repr=False)
    """None: who is signed in at `api_url`, and stays so while the session can be refreshed."""
    model: str = ""
    temperature: float | None = None
    max_tokens: int | None = None
    fallbacks: tuple[str, ...] = ()
    timeout_s: float | None = None
    """How long an answer, or the next piece of a stream, may take to come. None: ten minutes."""
    policy: RetryPolicy = USUAL


def connection_of(config: ProxyConfig, auth: TokenSource | None) -> Connection:
    """To the configured gateway, by `/llm`."""
    if auth is None:
        auth = FixedToken(config.access_token) if config.access_token else Session(config.api_url)
    return Connection(
        mode="proxied",
        base_url=normal_url(config.api_url),
        prefix=PREFIX,
        source=auth,
        surface=TeamsSurface(),
        model=config.model,
        fallbacks=config.fallbacks,
        temperature=config.temperature,
        max_tokens=config.max_tokens,
        team=config.team_id,
        timeout_s=config.timeout_s,
        policy=config.policy,
    )


class ProxiedLLMProvider(GatewayProvider):
    """Chats by `/llm/chat` and `/llm/stream`. Safe to use from several threads."""

    def __init__(self, config: ProxyConfig, auth: TokenSource | None = None) -> None:
        """`auth`: a Session that is used already."""
        super().__init__(connection_of(config, auth))


class AsyncProxiedLLMProvider(AsyncGatewayProvider):
    """The same on an event loop."""

    def __init__(self, config: ProxyConfig, auth: TokenSource | None = None) -> None:
        super().__init__(connection_of(config, auth))
