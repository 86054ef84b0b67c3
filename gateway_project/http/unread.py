"""Answers a caller who is still sending: the answer goes out at once, and the rest of the body is read and thrown away.

Otherwise the server would close a connection whose request was not read to its end. The caller would see a reset
connection, and often not the answer that came before it.
"""

import asyncio
from contextlib import suppress

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

BODY_IS_READ = "gateway.body_is_read"
"""The scope's key for whether the body has ended. It is False from the first read of the body until then."""
FROM_STRANGER = "gateway.from_stranger"
"""The scope's key for whether the sender is a stranger. It is True until a credential has been accepted."""
MAX_DISCARD_BYTES = 100 * 1024 * 1024
STRANGERS_DISCARD_BYTES = 1024 * 1024
"""The most bytes of a stranger's body that are read and thrown away, because reading costs processor time."""
DISCARD_TIMEOUT_S = 10.0
SILENCE_S = 0.25
"""After so many seconds of silence the caller has stopped sending, or waits for the answer to end."""
MAX_DISCARDING = 16
"""How many bodies are thrown away at the same time. Beyond that the connection is closed at once."""


class EarlyResponse(Response):
    """Its last byte goes out once the body has ended, the caller sends nothing more, or a bound is reached."""

    discarding = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get(BODY_IS_READ, True) or EarlyResponse.discarding >= MAX_DISCARDING:
            await super().__call__(scope, receive, send)
            return
        headers = [pair for pair in self.raw_headers if pair[0] != b"content-length"]  # servers end there
        await send({"type": "http.response.start", "status": self.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": bytes(self.body), "more_body": True})
        EarlyResponse.discarding += 1
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(DISCARD_TIMEOUT_S):
                    await _discard(receive, _most(scope))
        finally:
            EarlyResponse.discarding -= 1
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _most(scope: Scope) -> int:
    return STRANGERS_DISCARD_BYTES if scope.get(FROM_STRANGER) else MAX_DISCARD_BYTES


async def _discard(receive: Receive, left: int) -> None:
    while left > 0:
        async with asyncio.timeout(SILENCE_S):
            message = await receive()
        left -= len(message.get("body", b""))
        if not message.get("more_body", False):
            return
