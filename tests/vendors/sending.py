"""How a fake vendor's answer goes out, and every way in which that can go wrong."""

import asyncio
import socket
import struct
from collections.abc import Iterator, Mapping

from aiohttp import web

from tests.vendors.call_log import SeenCall
from tests.vendors.directives import Directives

HANG_S = 3600.0
EVENT_STREAM = "text/event-stream; charset=utf-8"


def hang_up(request: web.Request) -> None:
    """Close the connection without ending the answer."""
    if request.transport is not None:
        request.transport.abort()


def reset(request: web.Request) -> None:
    """The same by TCP's RST."""
    if request.transport is not None:
        sock = request.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    hang_up(request)


async def send_whole(
    request: web.Request, call: SeenCall, asked: Directives, data: bytes, headers: Mapping[str, str]
) -> web.StreamResponse:
    """A body with its length."""
    response = web.StreamResponse(headers={"content-type": asked.type or "application/json", **headers})
    response.content_length = len(data)
    await response.prepare(request)
    if asked.cut is not None:
        await response.write(data[: asked.cut])
        await asyncio.sleep(0.02)
        hang_up(request)
        return response
    if asked.stall:
        await response.write(data[: len(data) // 2])
        await asyncio.sleep(asked.stall)
        data = data[len(data) // 2 :]
    await response.write(data)
    await response.write_eof()
    call.whole = True
    return response


async def send_events(
    request: web.Request,
    call: SeenCall,
    asked: Directives,
    events: Iterator[str],
    headers: Mapping[str, str],
    *,
    stalls_after: int,
    last_words: str,
) -> web.StreamResponse:
    """Server-sent events, of which each has its lines but not the blank one; `last_words` are no event."""
    response = web.StreamResponse(
        headers={"content-type": asked.type or EVENT_STREAM, "cache-control": "no-cache", **headers}
    )
    response.enable_chunked_encoding()
    await response.prepare(request)
    for number, text in enumerate(events):
        if number == asked.cut:
            await asyncio.sleep(0.02)
            hang_up(request)
            return response
        if number == asked.end:
            await response.write_eof()
            return response
        if number and asked.gap:
            await asyncio.sleep(asked.gap)
        if number == stalls_after and asked.stall:
            await asyncio.sleep(asked.stall)
        await _write(response, text, asked)
        call.chunks += 1
    if last_words:
        await _write(response, last_words, asked)
    await response.write_eof()
    call.whole = True
    return response


async def _write(response: web.StreamResponse, text: str, asked: Directives) -> None:
    line_end = "\r\n" if asked.crlf else "\n"
    if asked.crlf:
        text = f": keep-alive\n\n{text}"
    data = (text.replace("\n", line_end) + line_end * 2).encode()
    size = asked.dribble or len(data)
    for start in range(0, len(data), size):
        await response.write(data[start : start + size])
        if asked.dribble:
            await asyncio.sleep(0)
