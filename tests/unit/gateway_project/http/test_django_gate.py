"""How much Django is asked to do at once, and what is answered beyond that."""

import asyncio
import json
from typing import Any

from gateway_project.http import django_gate
from gateway_project.http.django_gate import DjangoGate
from gateway_project.http.stranger import Stranger

SCOPE = {"type": "http", "method": "POST", "path": "/api/x", "headers": [(b"x-request-id", b"mine")]}


class Django:
    """Answers when it is told to, and counts."""

    def __init__(self) -> None:
        self.running = self.most = 0
        self.bodies: list[bytes] = []
        self.go = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.running += 1
        self.most = max(self.most, self.running)
        self.bodies.append((await receive())["body"])
        await self.go.wait()
        self.running -= 1
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


async def ask(gate: DjangoGate, *parts: bytes, peer: str = "192.0.2.1") -> tuple[int, Any]:
    """The status and the body of the answer."""
    messages = [
        {"type": "http.request", "body": part, "more_body": number < len(parts)}
        for number, part in enumerate(parts, start=1)
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await gate({**SCOPE, "client": (peer, 1)}, receive, send)
    return (sent[0]["status"], sent[1]["body"]) if sent else (0, b"")


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_no_more_run_at_once_than_there_are_places() -> None:
    django = Django()
    gate = DjangoGate(django, max_requests=2)
    asked = [asyncio.create_task(ask(gate, b"")) for _ in range(5)]
    await settle()
    assert django.running == 2
    django.go.set()
    assert [status for status, _ in await asyncio.gather(*asked)] == [200] * 5
    assert django.most == 2


async def test_beyond_the_waiting_room_the_answer_is_immediate() -> None:
    django = Django()
    gate = DjangoGate(django, max_requests=1, max_waiting=1)
    first, second = (asyncio.create_task(ask(gate, b"")) for _ in range(2))
    await settle()
    status, body = await ask(gate, b"")
    assert (status, json.loads(body)["error"]["code"]) == (503, "overloaded")
    assert json.loads(body)["error"]["request_id"] == "mine"
    django.go.set()
    assert [answer[0] for answer in await asyncio.gather(first, second)] == [200, 200]


async def test_who_waits_too_long_is_told_so_and_leaves_no_trace() -> None:
    django = Django()
    gate = DjangoGate(django, max_requests=1, wait_s=0.01)
    first = asyncio.create_task(ask(gate, b""))
    await settle()
    assert (await ask(gate, b""))[0] == 503
    django.go.set()
    assert (await first)[0] == 200
    assert (await ask(gate, b""))[0] == 200


class NoStranger(Stranger):
    """Who can show who they are."""

    async def is_known(self) -> bool:
        return True


async def test_strangers_leave_places_to_those_who_are_known(monkeypatch: Any) -> None:
    django = Django()
    gate = DjangoGate(django, max_requests=4, strangers=2, of_an_address=2)
    strangers = [asyncio.create_task(ask(gate, b"")) for _ in range(5)]
    await settle()
    assert django.running == 2
    monkeypatch.setattr(django_gate, "Stranger", NoStranger)
    known = [asyncio.create_task(ask(gate, b"")) for _ in range(2)]
    await settle()
    assert django.running == 4
    django.go.set()
    assert {status for status, _ in await asyncio.gather(*strangers, *known)} == {200}


async def test_one_address_leaves_places_to_others() -> None:
    django = Django()
    gate = DjangoGate(django, strangers=3, of_an_address=2)
    first = [asyncio.create_task(ask(gate, b"", peer="192.0.2.1")) for _ in range(5)]
    await settle()
    assert django.running == 2
    other = asyncio.create_task(ask(gate, b"", peer="192.0.2.2"))
    await settle()
    assert django.running == 3
    django.go.set()
    assert {status for status, _ in await asyncio.gather(*first, other)} == {200}


async def test_the_body_arrives_whole() -> None:
    django = Django()
    django.go.set()
    await ask(DjangoGate(django), b"one ", b"two")
    assert django.bodies == [b"one two"]


async def test_a_body_that_is_too_long_never_reaches_django(monkeypatch: Any) -> None:
    monkeypatch.setattr("gateway_project.http.body.STRANGERS_BODY_BYTES", 5)
    django = Django()
    status, body = await ask(DjangoGate(django), b"one", b"two")
    assert (status, json.loads(body)["error"]["code"]) == (413, "body_too_large")
    assert django.bodies == []


async def test_a_body_that_breaks_off_never_reaches_django() -> None:
    django = Django()
    left: list[Any] = [{"type": "http.request", "body": b"o", "more_body": True}, {"type": "http.disconnect"}]
    sent: list[Any] = []

    async def receive() -> Any:
        return left.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    await DjangoGate(django)(dict(SCOPE), receive, send)
    assert (sent[0]["status"], json.loads(sent[1]["body"])["error"]["code"]) == (400, "invalid_request")
    assert django.bodies == []


async def test_after_a_body_of_known_length_django_hears_of_the_disconnect_only() -> None:
    heard: list[Any] = []

    async def django(scope: Any, receive: Any, send: Any) -> None:
        heard.extend([await receive(), await receive()])

    messages = [
        {"type": "http.request", "body": b"body", "more_body": True},
        {"type": "http.request", "body": b"", "more_body": False},
    ]

    async def receive() -> Any:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: Any) -> None: ...

    scope = {**SCOPE, "client": ("192.0.2.1", 1), "headers": [(b"content-length", b"4")]}
    await DjangoGate(django)(scope, receive, send)
    assert heard == [
        {"type": "http.request", "body": b"body", "more_body": False},
        {"type": "http.disconnect"},
    ]
