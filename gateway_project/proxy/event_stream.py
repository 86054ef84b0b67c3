"""A metered stream as server-sent events, with comments in its silences; a caller who goes away is noticed at once."""

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway_project.http.response_headers import encoded, fact_headers
from gateway_project.proxy.endpoint import note_error
from gateway_project.proxy.framing import ChatFraming, Framing
from gateway_project.telemetry import metrics
from metering.calls.pipe import MeteredStream
from metering.calls.values import Facts
from metering.errors import MeteringError

KEEP_ALIVE = b": keep-alive\n\n"
"""A server-sent comment, which clients skip. It keeps the connection alive."""


class EventStreamResponse(Response):
    """The events as the protocol frames them, and its own end; an error becomes the last event.

    One writer sends all of it, comments too, so nothing gets into an event; and while the caller does not read, the
    writer waits in `send`, so that no comments pile up.
    """

    media_type = "text/event-stream"
    open = 0
    """The number of streams that this process is sending."""

    def __init__(
        self, stream: MeteredStream, facts: Facts, *, request_id: str, framing: Framing | None = None
    ) -> None:
        super().__init__(headers={"cache-control": "no-cache", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self.raw_headers += encoded(fact_headers(facts))
        self._stream = stream
        self._pending = facts.pending
        self._request_id = request_id
        self._framing = framing or ChatFraming()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        EventStreamResponse.open += 1
        watcher = asyncio.create_task(_until_gone(receive, self._stream.close), name="stream.watch")
        framing = self._framing
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            if self._pending:  # servers keep the headers back until something follows them
                await send(_part(KEEP_ALIVE))
            async for event in self._stream:
                if part := framing.event(event) if event else KEEP_ALIVE:
                    await send(_part(part))
            if end := framing.end():
                await send(_part(end))
        except MeteringError as error:
            note_error(error)
            await send(_part(framing.failed(error, self._request_id)))
        except OSError:
            return  # the caller has gone, or does not read
        finally:
            EventStreamResponse.open -= 1
            watcher.cancel()
            self._stream.close()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


metrics.streams.read = lambda: EventStreamResponse.open


async def _until_gone(receive: Receive, gone: Callable[[], None]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    metrics.callers_gone.add()
    gone()


def _part(body: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": True}
