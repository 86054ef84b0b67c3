"""The paths of the wire protocols; the console and the API are Django's. Whatever is nowhere is answered in one shape.

The paths of the hot path are looked up in a dictionary and called directly: Starlette's middleware and routing
would cost a call as much as the policy does, and `endpoint` already answers every error.
"""

from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp, Lifespan, Receive, Scope, Send

from gateway_project.http.nowhere import nothing_here
from gateway_project.http.paths import (
    COUNT_TOKENS,
    INTERNAL_CALL,
    INTERNAL_MODELS,
    INTERNAL_USAGE,
    LABELLED_MODELS,
    LEGACY,
    MODELS,
    TEAMS_BUDGET,
    TEAMS_CHAT,
    TEAMS_STREAM,
    TEAMS_USAGE,
    is_djangos,
)
from gateway_project.proxy.endpoint import Handler, endpoint
from gateway_project.proxy.first_page import to_the_console
from gateway_project.proxy.health import live, ready
from gateway_project.proxy.internal.calls import internal_call, internal_models
from gateway_project.proxy.internal.usage import internal_usage
from gateway_project.proxy.metrics import show_metrics
from gateway_project.proxy.model_calls import ROUTES, count_tokens, legacy_completions, model_call
from gateway_project.proxy.models import list_labelled, list_models, show_model
from gateway_project.proxy.teams.calls import teams_chat, teams_stream
from gateway_project.proxy.teams.reports import teams_budget, teams_usage

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"]
"""Every endpoint sees every method, so that a wrong one is answered in the one shape too."""


class Front:
    """An ASGI application: exact paths to their endpoints, the rest to Starlette."""

    def __init__(self, exact: Mapping[str, Handler], rest: Starlette) -> None:
        self._exact = exact
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        handler = self._exact.get(scope["path"]) if scope["type"] == "http" else None
        if handler is None:
            await self._rest(scope, receive, send)
            return
        scope["app"] = self._rest
        response = await handler(Request(scope, receive, send))
        await response(scope, receive, send)


def make_app(fallback: ASGIApp, lifespan: Lifespan[Starlette]) -> Front:
    """The server's application: wire protocols first, then `fallback` for the paths that are Django's."""
    nowhere = endpoint(nothing_here, method=None)
    rest = Starlette(
        lifespan=lifespan,
        routes=[
            Route("/v1/models/", nowhere, methods=METHODS),
            Route("/v1/models/{name:path}", endpoint(show_model), methods=METHODS),
        ],
    )
    rest.router.redirect_slashes = False
    rest.router.default = _django_or(fallback, nowhere)
    exact = {
        "/": endpoint(to_the_console),
        **{path: endpoint(model_call(protocol), method="POST") for path, protocol in ROUTES.items()},
        COUNT_TOKENS: endpoint(count_tokens, method="POST"),
        LEGACY: endpoint(legacy_completions, method=None),
        MODELS: endpoint(list_models),
        TEAMS_CHAT: endpoint(teams_chat, method="POST"),
        TEAMS_STREAM: endpoint(teams_stream, method="POST"),
        LABELLED_MODELS: endpoint(list_labelled),
        TEAMS_BUDGET: endpoint(teams_budget),
        TEAMS_USAGE: endpoint(teams_usage),
        INTERNAL_CALL: endpoint(internal_call, method="POST"),
        INTERNAL_MODELS: endpoint(internal_models),
        INTERNAL_USAGE: endpoint(internal_usage),
        "/health": endpoint(live),
        "/health/live": endpoint(live),
        "/health/ready": endpoint(ready),
        "/metrics": endpoint(show_metrics),
    }
    return Front(exact, rest)


def _django_or(django: ASGIApp, nowhere: Handler) -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or is_djangos(scope["path"]):
            await django(scope, receive, send)
            return
        response = await nowhere(Request(scope, receive, send))
        await response(scope, receive, send)

    return answer
