"""A metered stream as server-sent events, with comments in its silences; a caller who goes away is noticed at once."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway_project.http.errors import error_body, status_of
from gateway_project.http.paths import CHAT
from gateway_project.http.response_headers import encoded, fact_headers
from gateway_project.http.shapes import event_of, is_messages
from gateway_project.proxy.endpoint import note_error
from gateway_project.telemetry import metrics
from metering.calls.pipe import MeteredStream
from metering.calls.values import Facts
from metering.errors import MeteringError

DONE = b"data: [DONE]\n\n"
KEEP_ALIVE = b": keep-alive\n\n"
"""A server-sent comment, which clients skip. It keeps the connection alive."""


class _Typed(Struct):
    type: str = "message"


_type_of = msgspec.json.Decoder(_Typed).decode


class EventStreamResponse(Response):
    """`data: {json}` for each event, and in chat `data: [DONE]` at the end; the other protocols name each event by its
    type. An error becomes the last event, without DONE.

    One writer sends all of it, comments too, so nothing gets into an event; and while the caller does not read, the
    writer waits in `send`, so that no comments pile up.
    """

    media_type = "text/event-stream"
    open = 0
    """The number of streams that this process is sending."""

    def __init__(self, stream: MeteredStream, facts: Facts, *, request_id: str, path: str = CHAT) -> None:
        """`path` is the one that was asked, and tells the protocol."""
        super().__init__(headers={"cache-control": "no-cache", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self.raw_headers += encoded(fact_headers(facts))
        if is_messages(path):
            self.raw_headers.append((b"request-id", request_id.encode()))
        self._stream = stream
        self._pending = facts.pending
        self._request_id = request_id
        self._path = path
        self._sent = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        EventStreamResponse.open += 1
        watcher = asyncio.create_task(_until_gone(receive, self._stream.close), name="stream.watch")
        framed = _plainly if self._path == CHAT else _named
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            if self._pending:  # servers keep the headers back until something follows them
                await send(_part(KEEP_ALIVE))
            async for event in self._stream:
                await send(_part(framed(event) if event else KEEP_ALIVE))
                self._sent += bool(event)
            if self._path == CHAT:
                await send(_part(DONE))
        except MeteringError as error:
            note_error(error)
            await send(_part(self._failed(error)))
        except OSError:
            return  # the caller has gone, or does not read
        finally:
            EventStreamResponse.open -= 1
            watcher.cancel()
            self._stream.close()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _failed(self, error: MeteringError) -> bytes:
        """The last event of a stream that ends with an error."""
        body = error_body(error, self._request_id)
        name, shown = event_of(body, path=self._path, status=status_of(error), number=self._sent)
        head = f"event: {name}\n".encode() if name else b""
        return head + _plainly(msgspec.json.encode(shown))


metrics.streams.read = lambda: EventStreamResponse.open


async def _until_gone(receive: Receive, gone: Callable[[], None]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    metrics.callers_gone.add()
    gone()


def _plainly(event: bytes) -> bytes:
    return b"data: " + event + b"\n\n"


def _named(event: bytes) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (_type_of(event).type.encode(), event)


def _part(body: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": True}
