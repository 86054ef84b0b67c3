"""Callers who do what callers do: leave in the middle of an answer, or send what is refused."""

import asyncio
import json

from bench.http.load import PROMPT

HEADER_END = b"\r\n\r\n"
AT_ONCE = 16


def leave_and_be_refused(port: int, token: str, count: int) -> int:
    """So many of each. Returns how many calls were begun, and so are charged."""
    return asyncio.run(_all(port, token, count))


async def _all(port: int, token: str, count: int) -> int:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(body: dict[str, object], wanted: bytes) -> None:
        async with gate:
            await _begin_and_leave(port, token, body, wanted)

    stream = {"model": "mock-fast", "stream": True, "messages": [{"role": "user", "content": PROMPT}]}
    bodies = [(stream, b" 200 "), ({**stream, "model": "nothing"}, b" 404 "), ({**stream, "n": 0}, b" 400 ")]
    await asyncio.gather(*[one(body, wanted) for body, wanted in bodies for _ in range(count)])
    return count


async def _begin_and_leave(port: int, token: str, body: dict[str, object], wanted: bytes) -> None:
    """The connection is closed as soon as the answer has begun."""
    data = json.dumps(body).encode()
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\n"
        f"authorization: Bearer {token}\r\ncontent-length: {len(data)}\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(head.encode() + data)
        answer = await reader.readuntil(HEADER_END)
        if wanted not in answer[:16]:
            raise RuntimeError(f"the gateway answered {answer[:40]!r}, not{wanted.decode()}")
    finally:
        writer.close()
