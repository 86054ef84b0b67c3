"""`python -m bench.http.vendor`: a vendor with one fixed answer, whole or as 20 chunks, at the least CPU.

Prints its port. The model named `mock-fast` streams a chunk every millisecond, `mock-slow` one every 50 ms, and
`mock-endless` large ones for as long as they are read. It knows as much HTTP as the clients it meets: keep-alive,
Content-Length, no pipelining.
"""

import asyncio
import itertools
import json
import sys
from typing import Any

import uvloop

CHUNKS = 20
GAPS_S = {b"mock-fast": 0.001, b"mock-slow": 0.050, b"mock-endless": 0.005}
UNREAD_BYTES = 64 * 1024
"""That may wait for a reader; then no more is written."""
HEADER_END = b"\r\n\r\n"


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _framed(event: bytes) -> bytes:
    """A server-sent event as one chunk of an HTTP message."""
    data = b"data: " + event + b"\n\n"
    return b"%x\r\n%s\r\n" % (len(data), data)


_HEAD = {
    "id": "chatcmpl-bench0123456789",
    "created": 1_700_000_000,
    "model": "mock-fast-2026",
    "service_tier": "default",
    "system_fingerprint": "fp_bench",
}
_USAGE = {
    "prompt_tokens": 40,
    "completion_tokens": CHUNKS,
    "total_tokens": 40 + CHUNKS,
    "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
}
_MESSAGE: dict[str, Any] = {
    "role": "assistant",
    "content": "A word of the answer. " * 20,
    "refusal": None,
    "annotations": [],
}
_WHOLE = _json(
    {
        **_HEAD,
        "object": "chat.completion",
        "choices": [{"index": 0, "message": _MESSAGE, "logprobs": None, "finish_reason": "stop"}],
        "usage": _USAGE,
    }
)
ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(_WHOLE) + _WHOLE
)
STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n"
)


def _chunk(delta: dict[str, Any], finish_reason: str | None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    return _framed(_json({**_HEAD, "object": "chat.completion.chunk", "choices": [choice], "usage": None}))


_TOKENS = [_chunk({"content": " word"}, None)] * (CHUNKS - 2)
PARTS = [
    STREAM_HEAD + _chunk({"role": "assistant", "content": "", "refusal": None}, None),
    *_TOKENS,
    _chunk({}, "stop"),
]
LARGE = _chunk({"content": " more" * 2_000}, None)
ENDING = _framed(b"[DONE]") + b"0\r\n\r\n"
USAGE_ENDING = (
    _framed(_json({**_HEAD, "object": "chat.completion.chunk", "choices": [], "usage": _USAGE})) + ENDING
)
NOTHING_THERE = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"


class Vendor(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._buffer = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        end = self._buffer.find(HEADER_END)
        if end < 0:
            return
        head = self._buffer[:end].lower()
        if head.startswith(b"get "):  # a probe: is it there?
            self._buffer = b""
            self._transport.write(NOTHING_THERE)
            return
        start = head.find(b"content-length:") + len(b"content-length:")
        length = int(head[start:].split(b"\r\n", 1)[0])
        body = self._buffer[end + len(HEADER_END) :]
        if len(body) >= length:
            self._buffer = b""
            self._answer(body)

    def _answer(self, body: bytes) -> None:
        if b'"stream":true' not in body:
            self._transport.write(ANSWER)
            return
        gap_s = next(gap_s for name, gap_s in GAPS_S.items() if name in body)
        if b"mock-endless" in body:
            self._send(itertools.chain(PARTS[:-1], itertools.repeat(LARGE)), gap_s)
            return
        ending = USAGE_ENDING if b'"include_usage":true' in body else ENDING
        self._send(iter([*PARTS, ending]), gap_s)

    def _send(self, parts: Any, gap_s: float) -> None:
        if self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() < UNREAD_BYTES:
            part = next(parts, None)
            if part is None:
                return
            self._transport.write(part)
        self._loop.call_later(gap_s, self._send, parts, gap_s)


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Vendor, "127.0.0.1", 0, backlog=4_096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    sys.exit(uvloop.run(main()))
