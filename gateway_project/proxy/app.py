"""The paths of the wire protocols. Everything else is Django's."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Lifespan

from gateway_project.proxy.chat import chat_completions
from gateway_project.proxy.endpoint import endpoint
from gateway_project.proxy.health import live, ready
from gateway_project.proxy.models import list_models, show_model
from metering.errors import NotFound

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"]
"""Every endpoint sees every method, so that a wrong one is answered in the one shape too."""


def make_app(fallback: ASGIApp, lifespan: Lifespan[Starlette]) -> Starlette:
    """The server's application: wire protocols first, then `fallback`."""
    app = Starlette(
        lifespan=lifespan,
        routes=[
            Route("/v1/chat/completions", endpoint(chat_completions, method="POST"), methods=METHODS),
            Route("/v1/models", endpoint(list_models), methods=METHODS),
            Route("/v1/models/{name:path}", endpoint(show_model), methods=METHODS),
            Route("/health", endpoint(live), methods=METHODS),
            Route("/health/live", endpoint(live), methods=METHODS),
            Route("/health/ready", endpoint(ready), methods=METHODS),
            Route("/v1/{rest:path}", endpoint(_nothing_here, method=None), methods=METHODS),
        ],
    )
    app.router.redirect_slashes = False
    app.router.default = fallback
    return app


async def _nothing_here(request: Request) -> Response:
    raise NotFound(f"There is nothing at {request.url.path}.")
