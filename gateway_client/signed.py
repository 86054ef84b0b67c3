"""The bearer of every request, whichever client sends it: renewed before it, and once more if it is refused."""

import asyncio
import json
from collections.abc import AsyncGenerator, Generator
from typing import Any

import httpx2

from gateway_client.session import TokenSource

UNAUTHORIZED = 401


class Signed(httpx2.Auth):
    """Puts the token of a source on requests, and hears the gateway's clock from the answers."""

    def __init__(self, source: TokenSource) -> None:
        self._source = source

    def sync_auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        token = self._source.token() or self._source.renew(None)
        response = yield _with(request, token)
        self._hear(response)
        if response.status_code == UNAUTHORIZED and _has_expired(response.read()):
            response = yield _with(request, self._source.renew(token))
            self._hear(response)

    async def async_auth_flow(
        self, request: httpx2.Request
    ) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        token = self._source.token()
        if token is None:
            token = await asyncio.to_thread(self._source.renew, None)
        response = yield _with(request, token)
        self._hear(response)
        if response.status_code == UNAUTHORIZED and _has_expired(await response.aread()):
            response = yield _with(request, await asyncio.to_thread(self._source.renew, token))
            self._hear(response)

    def _hear(self, response: httpx2.Response) -> None:
        self._source.clock.hear(response.headers.get("date"))


def _with(request: httpx2.Request, token: str) -> httpx2.Request:
    request.headers["authorization"] = f"Bearer {token}"
    return request


def _has_expired(content: bytes) -> bool:
    """Whether a refusal says that the token was good once."""
    try:
        body: Any = json.loads(content)
    except ValueError:
        return False
    error = body.get("error") if isinstance(body, dict) else None
    return isinstance(error, dict) and error.get("code") == "token_expired"
