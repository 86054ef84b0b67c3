"""Which pages may call the gateway from a browser: those of CORS_ALLOWED_ORIGINS, on every route alike.

Pages send their credential in a header that they set themselves. No cookie counts here, so none is ever allowed
(`Access-Control-Allow-Credentials` is never sent), and another site's page can do nothing in a person's name.
"""

import re
from collections.abc import Collection

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway_project.http.response_headers import Pairs
from metering.types import Dimension

ROOTS = ("/v1/", "/llm/", "/api/")
"""Not /internal, which is for servers, nor /admin, which is for people."""
METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
TAKEN = (
    *("accept", "authorization", "content-type", "x-api-key", "api-key", "x-team-id", "idempotency-key"),
    *("x-request-id", "x-agent-id", "x-microdao-id", "x-channel-id", "x-conversation-id", "x-trace-id"),
    *("x-gateway-tags", "x-gateway-cache", "prefer", "last-event-id"),
    *("openai-organization", "openai-project", "openai-beta"),
    *("anthropic-version", "anthropic-beta", "anthropic-dangerous-direct-browser-access"),
    "user-agent",  # the SDKs name themselves in it, and Firefox and Safari ask for leave
    *("traceparent", "tracestate", "baggage"),  # what pages send whose requests are traced
)
SDKS_OWN = re.compile(rb"x-stainless-[a-z0-9-]{1,64}")
"""What the vendors' SDKs add about themselves; its names change with their versions."""
SHOWN = (
    *(
        "x-request-id",
        "request-id",
        "retry-after",
        "x-should-retry",
        "idempotent-replayed",
        "age",
        "content-disposition",
    ),
    *(
        f"x-gateway-{fact}"
        for fact in (
            *("reservation-id", "model", "provider", "attempts", "cache", "content", "enforcement"),
            *("overhead-ms", "waited-ms", "cost-usd"),
        )
    ),
    *(
        f"x-ratelimit-{fact}-{of}"
        for of in ("requests", "tokens")
        for fact in ("limit", "remaining", "reset")
    ),
    "x-budget-remaining-usd",
    *(f"x-budget-remaining-{dimension.value.replace('_', '-')}" for dimension in Dimension),
)
MAX_AGE_S = 600


class Cors:
    """An ASGI application in front of all others. A page of no allowed origin gets answers without CORS headers."""

    def __init__(self, app: ASGIApp, *, origins: Collection[str]) -> None:
        self._app = app
        self._origins = frozenset(origin.encode() for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(ROOTS):
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        origin = headers.get(b"origin", b"")
        allowed = origin in self._origins
        if allowed and scope["method"] == "OPTIONS" and b"access-control-request-method" in headers:
            asked = headers.get(b"access-control-request-headers", b"")
            await send({"type": "http.response.start", "status": 204, "headers": _preflight(origin, asked)})
            await send({"type": "http.response.body", "body": b""})
            return
        more: Pairs = [(b"vary", b"origin")]  # a cache must not give one page what was meant for another
        if allowed:
            more += [(b"access-control-allow-origin", origin), (b"access-control-expose-headers", _SHOWN)]

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *more]}
            await send(message)

        await self._app(scope, receive, with_headers)


_SHOWN = ", ".join(SHOWN).encode()


def _preflight(origin: bytes, asked: bytes) -> Pairs:
    own = [name for part in asked.lower().split(b",") if SDKS_OWN.fullmatch(name := part.strip())]
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-methods", METHODS.encode()),
        (b"access-control-allow-headers", b", ".join([", ".join(TAKEN).encode(), *own])),
        (b"access-control-max-age", str(MAX_AGE_S).encode()),
        (b"vary", b"origin, access-control-request-method, access-control-request-headers"),
    ]
