"""A vendor that sends exactly the bytes that a test gives it, over a real socket, and logs what it was asked.

Each call takes the next `Turn`. Where none is left it answers a plain chat completion. Its log is the truth of what it
has seen; what it bills is the test's to say.
"""

import asyncio
import contextlib
import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

START_TIMEOUT_S = 20.0
ANSWER = {
    "id": "chatcmpl-raw",
    "object": "chat.completion",
    "created": 1_700_000_000,
    "model": "raw-1",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "hello there"}, "finish_reason": "stop"}
    ],
    "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11},
}


class Turn(Struct, frozen=True, kw_only=True):
    """What one call is answered."""

    body: bytes = json.dumps(ANSWER).encode()
    status: int = 200
    content_type: str = "application/json"
    headers: tuple[str, ...] = ()
    """Further header lines."""
    pieces: tuple[int, ...] = ()
    """Where the body is cut into pieces that are sent apart."""
    pause_s: float = 0.0
    """Between pieces, and before the first."""
    length: int | None = None
    """The content-length that is claimed; None: the true one, or chunked for an event stream."""
    ending: str = "keep"
    """`keep` the connection, `close` it in good order, `reset` it, or `hang`."""
    raw: bool = False
    """The body is everything, status line included."""
    unread: bool = False
    """Close in `ending`'s way without reading the request: the vendor never sees the call."""


def events(*data: str | dict[str, Any], done: bool = True, **facts: Any) -> Turn:
    """A stream of these events."""
    texts = [each if isinstance(each, str) else json.dumps(each) for each in data] + ["[DONE]"] * done
    body = "".join(f"data: {text}\n\n" for text in texts).encode()
    return Turn(**{"body": body, "content_type": "text/event-stream", **facts})


def delta(content: str | None = None, *, finish: Any = None, index: int = 0, **fields: Any) -> dict[str, Any]:
    """One chunk."""
    said = {**({"content": content} if content is not None else {}), **fields}
    choice = {"index": index, "delta": said, "finish_reason": finish}
    return {
        "id": "c-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "raw-1",
        "choices": [choice],
    }


def usage(prompt: Any, completion: Any, **fields: Any) -> dict[str, Any]:
    """The chunk with the usage."""
    shown = {"prompt_tokens": prompt, "completion_tokens": completion, **fields}
    return {
        "id": "c-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "raw-1",
        "choices": [],
        "usage": shown,
    }


def whole(message: dict[str, Any] | str = "hello there", **fields: Any) -> Turn:
    """A chat completion with these fields instead."""
    said = {"role": "assistant", "content": message} if isinstance(message, str) else message
    choices = [{"index": 0, "message": said, "finish_reason": "stop"}]
    answer = {**ANSWER, "choices": choices, **fields}
    return Turn(
        body=json.dumps({name: value for name, value in answer.items() if value != "absent"}).encode()
    )


class RawVendor:
    """Runs in a thread of its own; `turns` and `seen` are the test's to fill and read."""

    def __init__(self) -> None:
        self.turns: deque[Turn] = deque()
        self.seen: list[dict[str, Any]] = []
        """The bodies of the calls that were read."""
        self.called_from: set[tuple[str, int]] = set()
        """The callers' ends of the connections that brought a call."""
        self.port = 0
        self._loop = asyncio.new_event_loop()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def answers(self, *turns: Turn) -> None:
        """What the next calls are answered, and an empty log."""
        self.turns = deque(turns)
        self.seen = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._call(reader, writer):
                pass
        writer.close()

    async def _call(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        first = await reader.readexactly(1)
        if first == b"G":
            return False  # a GET asks whether it is there, and is no call
        self.called_from.add(writer.get_extra_info("peername"))
        if self.turns and self.turns[0].unread:
            self._leave(writer, self.turns.popleft().ending)
            return False
        head = first + await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        )
        self.seen.append(json.loads(await reader.readexactly(length)))
        turn = self.turns.popleft() if self.turns else Turn()
        if turn.ending != "hang" or turn.body:
            await _send(writer, turn)
        if turn.ending == "hang":
            await asyncio.sleep(3_600)
        if turn.ending != "keep":
            self._leave(writer, turn.ending)
        return turn.ending == "keep"

    def _leave(self, writer: asyncio.StreamWriter, how: str) -> None:
        if how == "reset":
            sock: socket.socket = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        else:
            writer.close()


async def _send(writer: asyncio.StreamWriter, turn: Turn) -> None:
    chunked = turn.length is None and turn.content_type.startswith("text/event-stream") and not turn.raw
    if not turn.raw:
        length = len(turn.body) if turn.length is None else turn.length
        lines = [
            f"HTTP/1.1 {turn.status} Some Reason",
            f"content-type: {turn.content_type}",
            "transfer-encoding: chunked" if chunked else f"content-length: {length}",
            *turn.headers,
        ]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n")
    for piece in _cut(turn.body, turn.pieces):
        await writer.drain()
        await asyncio.sleep(turn.pause_s)
        writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
    if chunked and turn.ending == "keep":
        writer.write(b"0\r\n\r\n")
    await writer.drain()


def _cut(body: bytes, at: Sequence[int]) -> Iterator[bytes]:
    ends = [*sorted(place for place in at if 0 < place < len(body)), len(body)]
    start = 0
    for end in ends:
        if end > start:
            yield body[start:end]
        start = end


@contextlib.contextmanager
def raw_vendor() -> Iterator[RawVendor]:
    """Serving on a port of its own, in a thread."""
    vendor, ready = RawVendor(), threading.Event()

    async def serve() -> None:
        server = await asyncio.start_server(vendor.serve, "127.0.0.1", 0)
        vendor.port = server.sockets[0].getsockname()[1]
        ready.set()

    def run() -> None:
        asyncio.set_event_loop(vendor._loop)
        vendor._loop.run_until_complete(serve())
        vendor._loop.run_forever()
        tasks = asyncio.all_tasks(vendor._loop)
        for task in tasks:
            task.cancel()
        vendor._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        vendor._loop.close()

    thread = threading.Thread(target=run, name="raw-vendor", daemon=True)
    thread.start()
    assert ready.wait(START_TIMEOUT_S), "the raw vendor did not start"
    try:
        yield vendor
    finally:
        vendor._loop.call_soon_threadsafe(vendor._loop.stop)
        thread.join(START_TIMEOUT_S)
