"""`python -m bench.http.attackers --port N`: callers who only take up room, until standard input ends.

Prints a line once everybody is in place, and at the end what they were told, as JSON. Whoever is sent away comes back.
The bearer token of those who stop reading comes from BENCH_TOKEN; everybody else has none, or a bad one.
"""

import argparse
import asyncio
import json
import os
import socket
import sys
from collections import Counter
from collections.abc import Awaitable, Callable

CONNECTIONS = 1_000
"""That send nothing, half of a header, or a request now and then."""
ONE_BYTE = 110
"""Of a body, to the API."""
HELD_BACK = 40
"""Bodies of 19 MiB but for the last byte, to the API."""
BAD_TOKENS = 20
STALLED = 20
"""Streams that nobody reads."""
PAUSE_S = 0.2
"""Before somebody who was sent away comes back."""
HELD_BACK_BYTES = 19 * 1024 * 1024
BLOCK = bytes(64 * 1024)
SMALL_BUFFER = 4_096
GOOD = "HTTP/1.1 200 OK"
ESTABLISHED = b"\x01"
LOOK_S = 0.2
IN_PLACE_S = 30.0


class Attack:
    """All of them, on one address and port."""

    def __init__(self, port: int, *, token: str, model: str) -> None:
        self._port, self._token, self._model = port, token, model
        self.told: Counter[str] = Counter()
        """First lines of answers, and `closed` where there was none."""
        self._open = 0
        self._tasks: list[asyncio.Task[None]] = []

    def is_in_place(self) -> bool:
        """Whether the connections are open, and every stream has begun."""
        return self._open >= CONNECTIONS + STALLED and self.told[f"stream: {GOOD}"] >= STALLED

    def begin(self) -> None:
        """Send everybody."""
        kinds: list[tuple[Callable[[int], Awaitable[None]], int]] = [
            (self._idle, CONNECTIONS),
            (self._one_byte, ONE_BYTE),
            (self._held_back, HELD_BACK),
            (self._bad_token, BAD_TOKENS),
            (self._stalled, STALLED),
        ]
        for kind, count in kinds:
            self._tasks += [asyncio.create_task(self._again(kind, number)) for number in range(count)]

    async def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _again(self, kind: Callable[[int], Awaitable[None]], number: int) -> None:
        while True:
            try:
                await kind(number)
            except OSError:
                self.told["closed"] += 1
            await asyncio.sleep(PAUSE_S)

    async def _idle(self, number: int) -> None:
        """Nothing, half of a header, or a whole request of no weight."""
        request = b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n"
        await self._send([b"", request, request + b"\r\n"][number % 3], wait_for_end=True)

    async def _one_byte(self, number: int) -> None:
        await self._send(_head("/api/x", length=100) + b"{", wait_for_end=True)

    async def hold_back_known(self) -> None:
        """One body of a call, from somebody who may make it."""
        await self._hold_back("/v1/chat/completions", self._token)

    async def _held_back(self, number: int) -> None:
        await self._hold_back("/api/x", "")

    async def _hold_back(self, path: str, token: str) -> None:
        whole, rest = divmod(HELD_BACK_BYTES - 1, len(BLOCK))
        parts = [BLOCK] * whole + [BLOCK[:rest]]
        await self._send(_head(path, length=HELD_BACK_BYTES, token=token), *parts, wait_for_end=True)

    async def _bad_token(self, number: int) -> None:
        secret = f"ati_{os.urandom(24).hex()}"
        await self._send(_head("/v1/chat/completions", length=2, token=secret) + b"{}", wait_for_end=False)

    async def _stalled(self, number: int) -> None:
        """Reads the beginning of a stream, and then no more."""
        body = {
            "model": self._model,
            "stream": True,
            "messages": [{"role": "user", "content": "vendor:endless"}],
        }
        data = json.dumps(body, separators=(",", ":")).encode()
        head = _head("/v1/chat/completions", length=len(data), token=self._token)
        loop = asyncio.get_running_loop()
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
            connection.setblocking(False)
            await loop.sock_connect(connection, ("127.0.0.1", self._port))
            await loop.sock_sendall(connection, head + data)
            answer = await loop.sock_recv(connection, 256)
            self.told[f"stream: {_first_line(answer)}"] += 1
            self._open += 1
            try:
                await _until_cut(connection)
                self.told["stream: cut"] += 1
            finally:
                self._open -= 1

    async def _send(self, *parts: bytes, wait_for_end: bool) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._open += 1
        try:
            for part in parts:
                writer.write(part)
                await writer.drain()
            answer = await reader.read(256)
            self.told[_first_line(answer)] += 1
            while wait_for_end and answer:
                answer = await reader.read(1 << 16)
        finally:
            self._open -= 1
            writer.transport.abort()


def _head(path: str, *, length: int, token: str = "") -> bytes:
    bearer = f"authorization: Bearer {token}\r\n" if token else ""
    return (
        f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{bearer}"
        f"content-length: {length}\r\n\r\n"
    ).encode()


def _first_line(answer: bytes) -> str:
    return answer.split(b"\r\n", 1)[0].decode("latin-1") or "closed"


async def _until_cut(connection: socket.socket) -> None:
    """For as long as the kernel calls it established (TCP_INFO's first byte): what there is to read is left alone."""
    while connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1) == ESTABLISHED:  # noqa: ASYNC110
        await asyncio.sleep(LOOK_S)


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    attack = Attack(options.port, token=os.environ["BENCH_TOKEN"], model="mock-endless")
    attack.begin()
    async with asyncio.timeout(IN_PLACE_S):
        while not attack.is_in_place():  # noqa: ASYNC110 - a count, not an event
            await asyncio.sleep(LOOK_S)
    print("in place", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await attack.end()
    print(json.dumps(attack.told), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
