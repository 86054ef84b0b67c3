import asyncio
import json
from typing import Any

from gateway_project.connections.under_way import under_way
from gateway_project.front.guard import MAX_HEADER_BYTES, Guard
from gateway_project.http.body import bytes_in_flight
from gateway_project.http.request_headers import LOOKUPS


class Slow:
    """An application that answers when it is let go."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.begun = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.begun += 1
        await self.go.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


async def ask(app: Any, path: str = "/v1/chat/completions", headers: Any = ()) -> tuple[int, dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "path": path, "method": "POST", "headers": list(headers)}
    await app(scope, None, send)
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], json.loads(body)["error"] if body else {}


async def test_a_request_beyond_the_ceiling_is_refused_at_once_and_others_go_on() -> None:
    slow = Slow()
    guard = Guard(slow, max_requests=2)
    running = [asyncio.create_task(ask(guard)) for _ in range(2)]
    await asyncio.sleep(0)
    status, error = await ask(guard)
    assert (status, error["code"], slow.begun) == (503, "overloaded", 2)
    slow.go.set()
    assert [status for status, _ in await asyncio.gather(*running)] == [200, 200]
    assert (await ask(guard))[0] == 200


async def test_who_looks_after_the_gateway_is_never_refused() -> None:
    slow = Slow()
    slow.go.set()
    guard = Guard(slow, max_requests=0)
    assert [(await ask(guard, path))[0] for path in ("/health/ready", "/metrics", "/other")] == [
        200,
        200,
        503,
    ]


async def test_what_has_a_ceiling_of_its_own_takes_no_room_of_the_wire_protocols() -> None:
    slow = Slow()
    guard = Guard(slow, max_requests=1)
    others = [
        asyncio.create_task(ask(guard, path))
        for path in ("/api/x", "/admin", "/admin/login/", "/static/a.css", "/health/ready")
    ]
    await asyncio.sleep(0)
    paying = asyncio.create_task(ask(guard))
    await asyncio.sleep(0)
    assert slow.begun == 6
    slow.go.set()
    assert {status for status, _ in await asyncio.gather(paying, *others)} == {200}


async def test_credentials_that_are_looked_up_take_no_room_of_those_that_are_known() -> None:
    slow = Slow()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["headers"]:
            async with LOOKUPS.place("192.0.2.1"):
                await slow.go.wait()
        await slow(scope, receive, send)

    guard = Guard(app, max_requests=10)
    unknown = [asyncio.create_task(ask(guard, headers=[(b"x-api-key", b"bad")])) for _ in range(100)]
    await asyncio.sleep(0)
    assert LOOKUPS.waiting > 90
    paying = asyncio.create_task(ask(guard))
    await asyncio.sleep(0)
    assert slow.begun == 1
    slow.go.set()
    assert (await paying)[0] == 200
    await asyncio.gather(*unknown)


async def test_a_connection_is_under_way_and_its_body_in_memory_until_the_request_has_ended() -> None:
    peer, slow, before = ("192.0.2.1", 4711), Slow(), bytes_in_flight.taken

    async def app(scope: Any, receive: Any, send: Any) -> None:
        bytes_in_flight.take(scope, 1_000, stranger=False)
        await slow(scope, receive, send)

    async def send(message: Any) -> None: ...

    scope = {"type": "http", "path": "/v1/models", "method": "GET", "headers": [], "client": peer}
    running = asyncio.create_task(Guard(app, max_requests=1)(scope, None, send))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    assert peer in under_way
    assert bytes_in_flight.taken == before + 1_000
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert peer not in under_way
    assert bytes_in_flight.taken == before


async def test_headers_are_bounded_in_number_and_length() -> None:
    slow = Slow()
    slow.go.set()
    guard = Guard(slow, max_requests=10)
    long = [(b"x-long", b"x" * MAX_HEADER_BYTES)]
    many = [(b"x-%d" % number, b"1") for number in range(101)]
    assert [(await ask(guard, headers=headers))[0] for headers in (long, many, many[:100])] == [400, 400, 200]


async def test_a_cancelled_request_frees_its_place() -> None:
    guard = Guard(Slow(), max_requests=1)
    running = asyncio.create_task(ask(guard))
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert guard._running == 0
