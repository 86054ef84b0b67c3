"""The gateway that a command asks, and as whom."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from gateway_client.errors import AuthenticationError
from gateway_client.session import FixedToken, Session
from gateway_client.settings import Settings, load_settings

if TYPE_CHECKING:
    from gateway_client.api import GatewayApi

SIGN_IN = "You are not signed in. Run `llm-gateway login`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What stands before the command: `llm-gateway --url … --team … usage status`."""

    url: str | None
    team: str | None


def settings_of(context: typer.Context, *, url: str | None = None) -> Settings:
    """What is in force for this run, at the gateway with this address if one is given. Raises ConfigurationError."""
    asked: Asked = context.find_object(Asked) or Asked(url=None, team=None)
    return load_settings(base_url=url or asked.url, team=asked.team)


@contextmanager
def opened(settings: Settings) -> "Iterator[GatewayApi]":
    """The gateway's API for whoever is signed in. Raises AuthenticationError where nobody is."""
    if not settings.base_url:
        raise AuthenticationError(SIGN_IN, code="not_authenticated")
    source = FixedToken(settings.api_key) if settings.api_key else Session(settings.base_url)
    if isinstance(source, Session) and source.active_context() is None:
        raise AuthenticationError(
            f"You are not signed in at {settings.base_url}. Run `llm-gateway login`.",
            code="not_authenticated",
        )
    from gateway_client.api import (
        GatewayApi,  # only now: it takes longer than all else, and --help needs none
    )

    with GatewayApi(settings.base_url, source, team=settings.team) as api:
        yield api
