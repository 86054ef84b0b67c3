"""The reference: what an ASGI application that does nothing but call the vendor with aiohttp can reach."""

import os
from typing import Any

import aiohttp

URL = os.environ.get("BENCH_VENDOR_URL", "") + "/chat/completions"
_sessions: list[aiohttp.ClientSession] = []


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Every request goes to the vendor as it is, every answer back."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
        return
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    headers = {"content-type": "application/json", "authorization": "Bearer bench"}
    async with _sessions[0].post(URL, data=body, headers=headers) as answer:
        content_type = answer.headers["content-type"].encode()
        start = {"type": "http.response.start", "status": answer.status}
        if b"event-stream" not in content_type:
            data = await answer.read()
            await send(start | {"headers": [(b"content-type", content_type)]})
            await send({"type": "http.response.body", "body": data})
            return
        await send(start | {"headers": [(b"content-type", content_type)]})
        async for part in answer.content.iter_any():
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def _lifespan(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            _sessions.append(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))
            await send({"type": "lifespan.startup.complete"})
        else:
            await _sessions.pop().close()
            await send({"type": "lifespan.shutdown.complete"})
            return
