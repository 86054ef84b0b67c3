"""Stands in front of a fake vendor and looks at keys: which came, which are refused and how."""

import asyncio
from typing import Any, NamedTuple

from aiohttp import web
from aiohttp.typedefs import Handler

from tests.vendors.call_log import CallLog
from tests.vendors.openai_errors import error_response

HEADERS = {"x-api-key": "{}", "x-goog-api-key": "{}", "authorization": "Bearer {}"}


class Refusal(NamedTuple):
    """What the vendor says of a key."""

    status: int
    retry_after: int = -1
    """Seconds; negative: it does not say."""
    message: str | None = None
    after_s: float = 0.0
    """How long it takes to say so."""


class KeyDesk:
    """Lets the keys in `known` through, and refuses those in `refused`."""

    api_key = None

    def __init__(self, vendor: Any, *known: str) -> None:
        self.vendor = vendor
        self.log: CallLog = vendor.log
        self.known = known
        self.refused: dict[str, Refusal] = {}
        self.seen: list[str] = []
        """The key of every request, in order."""

    def application(self) -> web.Application:
        app: web.Application = self.vendor.application()

        @web.middleware
        async def look(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._look(request, handler)

        app.middlewares.append(look)
        return app

    async def _look(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        header = next((name for name in HEADERS if name in request.headers), "authorization")
        key = self.key_of(request.headers.get(header, "").removeprefix("Bearer "))
        self.seen.append(key)
        refusal = self.refused.get(key)
        if refusal is None and key not in self.known:
            refusal = Refusal(401)
        if refusal is not None:
            await asyncio.sleep(refusal.after_s)
            refuse = getattr(self.vendor, "error", error_response)
            response: web.Response = refuse(refusal.status, refusal.message, retry_after=refusal.retry_after)
            return response
        shown = request.headers.copy()
        shown[header] = HEADERS[header].format(self.vendor.api_key)
        return await handler(request.clone(headers=shown))

    def key_of(self, credential: str) -> str:
        """The key behind what came in the header."""
        return credential
