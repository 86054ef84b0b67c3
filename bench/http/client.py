"""One connection of the load generator: a raw protocol, so that the load is never the bottleneck."""

import asyncio
from collections.abc import Callable
from time import perf_counter
from typing import Any

HEADER_END = b"\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"
FIRST_EVENT = b"data:"
DONE = b"data: [DONE]\n\n"
TAIL_BYTES = 64


class Answer:
    """One finished request. Times are seconds."""

    __slots__ = ("ended_s", "error", "events", "first_s", "started_s")

    def __init__(self) -> None:
        self.started_s = 0.0
        self.first_s: float | None = None
        """When the first event of a stream was there."""
        self.ended_s = 0.0
        self.events = 0
        self.error = b""
        """The beginning of an answer that was not 200, or of a connection that was cut."""


class Connection(asyncio.Protocol):
    """Sends the same request again and again, one at a time, for as long as `again` says so."""

    def __init__(
        self, request: bytes, again: Callable[[Answer], bool], ended: "asyncio.Future[None]"
    ) -> None:
        self._request = request
        self._again = again
        self._ended = ended
        self._left: int | None = None
        self._head = self._tail = b""
        self._chunked = False

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self._ended.done():
            self._answer.error = b"the connection was closed: " + self._head[:200]
            self._finish()

    def data_received(self, data: bytes) -> None:
        self._tail = (self._tail + data)[-TAIL_BYTES:]
        if self._left is None:
            self._head += data
            end = self._head.find(HEADER_END)
            if end < 0:
                return
            data = self._begin(self._head[:end].lower(), self._head[end + len(HEADER_END) :])
        if self._chunked:
            count = data.count(FIRST_EVENT)
            if count:
                self._answer.events += count
                self._answer.first_s = self._answer.first_s or perf_counter()
            if self._tail.endswith(LAST_CHUNK):
                if self._answer.events and DONE not in self._tail:
                    self._answer.error = b"the stream ended without [DONE]: " + self._tail
                self._finish()
            return
        assert self._left is not None
        self._left -= len(data)
        if self._left <= 0:
            self._finish()

    def _begin(self, head: bytes, rest: bytes) -> bytes:
        if b" 200 " not in head[:16]:
            self._answer.error = self._head[:400]
        self._chunked = b"transfer-encoding: chunked" in head
        if self._chunked:
            self._left = 0
        else:
            start = head.find(b"content-length:") + len(b"content-length:")
            self._left = int(head[start:].split(b"\r\n", 1)[0])
        return rest

    def _send(self) -> None:
        self._answer = Answer()
        self._head = self._tail = b""
        self._left = None
        self._chunked = False
        self._answer.started_s = perf_counter()
        self._transport.write(self._request)

    def _finish(self) -> None:
        self._answer.ended_s = perf_counter()
        go_on = self._again(self._answer)
        if go_on and not self._transport.is_closing():
            self._send()
        elif not self._ended.done():
            self._ended.set_result(None)
            self._transport.close()
