"""The paths of the wire protocols. Everything else is Django's.

The paths of the hot path are looked up in a dictionary and called directly: Starlette's middleware and routing
would cost a call as much as the policy does, and `endpoint` already answers every error.
"""

from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Lifespan, Receive, Scope, Send

from gateway_project.proxy.chat import chat_completions
from gateway_project.proxy.endpoint import Handler, endpoint
from gateway_project.proxy.health import live, ready
from gateway_project.proxy.metrics import show_metrics
from gateway_project.proxy.models import list_models, show_model
from metering.errors import NotFound

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
    """The server's application: wire protocols first, then `fallback`."""
    rest = Starlette(
        lifespan=lifespan,
        routes=[
            Route("/v1/models/{name:path}", endpoint(show_model), methods=METHODS),
            Route("/v1/{rest:path}", endpoint(_nothing_here, method=None), methods=METHODS),
        ],
    )
    rest.router.redirect_slashes = False
    rest.router.default = fallback
    exact = {
        "/v1/chat/completions": endpoint(chat_completions, method="POST"),
        "/v1/models": endpoint(list_models),
        "/health": endpoint(live),
        "/health/live": endpoint(live),
        "/health/ready": endpoint(ready),
        "/metrics": endpoint(show_metrics),
    }
    return Front(exact, rest)


async def _nothing_here(request: Request) -> Response:
    raise NotFound(f"There is nothing at {request.url.path}.")
