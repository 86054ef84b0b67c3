"""The guard stands in front of every door, and looks at each request before anything of it is read.

1. It counts the request, and refuses it at once beyond the ceiling of requests: nothing queues here, so that the others
   keep their speed.
2. It refuses headers that are too many or too long. (Headers that come too slowly never become a request; the server's
   own bounds cut them, see `launcher/children.py`.)
3. It gives each part of the answer a deadline (stalled.py).
"""

import asyncio
import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway_project.connections.accepted import cut
from gateway_project.connections.under_way import under_way
from gateway_project.front.stalled import ReaderStalled, Writing
from gateway_project.http.body import bytes_in_flight
from gateway_project.http.errors import error_response
from gateway_project.http.paths import OPERATIONS, is_djangos, route_of
from gateway_project.http.request_headers import LOOKUPS
from gateway_project.http.request_id import id_of
from gateway_project.telemetry import metrics
from metering.errors import InvalidRequest, MeteringError, Overloaded

MAX_HEADERS = 100
MAX_HEADER_BYTES = 32 * 1024
logger = logging.getLogger(__name__)


class Guard:
    """An ASGI application in front of all others. Counts every request by route and status.

    The ceiling is that of the wire protocols alone. Operations are never refused: who looks after an overloaded gateway
    needs them. Django has a ceiling of its own (http/django_gate.py), and so have credentials that are looked up
    (http/request_headers.py).
    """

    def __init__(self, app: ASGIApp, *, max_requests: int) -> None:
        self._app = app
        self._max_requests = max_requests
        self._running = 0
        self._on_the_wire = 0
        metrics.in_flight.read = lambda: self._running

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        peer = scope.get("client")
        status = 500
        writing: Writing | None = None

        async def counted(message: Message) -> None:
            nonlocal status, writing
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message.get("more_body") or writing is not None:
                if writing is None:
                    writing = Writing(send)
                await writing.part(message)
                return
            await send(message)

        operation = path in OPERATIONS
        wire = not operation and not is_djangos(path)
        self._running += 1
        self._on_the_wire += wire
        if peer is not None:
            under_way.add(peer)
        try:
            error = None if operation else self._objection(scope, wire=wire)
            app = self._app if error is None else error_response(error, id_of(scope), path)
            await app(scope, receive, counted)
        except ReaderStalled:
            pass  # what happens then is the same where the application has dealt with it
        finally:
            self._running -= 1
            self._on_the_wire -= wire
            bytes_in_flight.give_back(scope)
            under_way.discard(peer)
            if writing is not None:
                writing.close()
            metrics.requests.add(route_of(path), str(status))
        if writing is not None and writing.has_stalled:
            await _end_connection(peer)

    def _objection(self, scope: Scope, *, wire: bool) -> MeteringError | None:
        if wire and self._on_the_wire - LOOKUPS.waiting > self._max_requests:
            return Overloaded("Too many requests are being answered already; try again in a moment.")
        headers = scope["headers"]
        if (
            len(headers) > MAX_HEADERS
            or sum([len(name) + len(value) for name, value in headers]) > MAX_HEADER_BYTES
        ):
            return InvalidRequest(
                f"A request may have {MAX_HEADERS} headers and {MAX_HEADER_BYTES:,} bytes of them."
            )
        return None


async def _end_connection(peer: tuple[str, int] | None) -> None:
    """End the caller's connection: it will never read what the server still has for it."""
    metrics.connections_cut.add("stalled")
    logger.warning("answer.stalled", extra={"address": peer[0] if peer else None})
    if peer is not None:
        await asyncio.to_thread(cut, peer)
