"""GET /metrics in Prometheus's text format, for whoever holds METRICS_TOKEN, or one of several during a rotation."""

import asyncio

from django.conf import settings
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from gateway_project import env
from gateway_project.proxy.caller import runtime_of
from gateway_project.telemetry.token import holds_token
from metering.errors import InvalidCredential, NotFound


async def show_metrics(request: Request) -> Response:
    """The sums over this server's processes.

    Raises InvalidCredential without the token. Where no token is configured there is no such page, since its
    numbers are the business's; only DEBUG shows it to everybody.
    """
    _check(request)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(runtime_of(request).exchange)
    text = await asyncio.to_thread(generate_latest, registry)
    return Response(text, headers={"content-type": CONTENT_TYPE_LATEST, "cache-control": "no-store"})


def _check(request: Request) -> None:
    tokens: list[str] = env.listed(settings.METRICS_TOKEN)
    if not tokens:
        if settings.DEBUG:
            return
        raise NotFound("There is nothing at /metrics.")
    if not holds_token(request.headers.get("authorization", ""), tokens):
        raise InvalidCredential("Send METRICS_TOKEN as `Authorization: Bearer ...`.")
