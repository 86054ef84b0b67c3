"""What makes a request an https one: the word of a proxy of ours, and of nobody else."""

from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from gateway_project.front.behind_tls import BehindTls

PUBLIC = "https://gw.example:8443"


async def seen(peer: str | None, *forwarded: str) -> tuple[str, str, bool]:
    """The scheme and the host that the application sees, and whether browsers are told to come by https only."""
    found: list[Any] = []

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        found.append((scope["scheme"], dict(scope["headers"])[b"host"].decode()))
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Message) -> None:
        found.append(any(name == b"strict-transport-security" for name, _ in message["headers"]))

    async def receive() -> Message:
        raise AssertionError

    headers = [(b"host", b"upstream:8000"), *((b"x-forwarded-proto", text.encode()) for text in forwarded)]
    scope = {"type": "http", "scheme": "http", "headers": headers, "client": (peer, 1) if peer else None}
    await BehindTls(application, public_url=PUBLIC)(scope, receive, send)
    (scheme, host), hsts = found
    return scheme, host, hsts


ENCRYPTED, PLAIN = ("https", "gw.example:8443", True), ("http", "upstream:8000", False)


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "expected"),
    [
        (["10.0.0.0/8"], "10.0.0.1", ["https"], ENCRYPTED),
        (["10.0.0.0/8"], "::ffff:10.0.0.1", ["HTTPS"], ENCRYPTED),
        (["10.0.0.0/8"], "203.0.113.9", ["https"], PLAIN),
        (["10.0.0.0/8"], "127.0.0.1", ["https"], PLAIN),
        (["10.0.0.0/8"], "10.0.0.1", [], PLAIN),
        (["10.0.0.0/8"], "10.0.0.1", ["http"], PLAIN),
        (["10.0.0.0/8"], "10.0.0.1", ["https, http"], PLAIN),
        (["10.0.0.0/8"], "10.0.0.1", ["https", "http"], PLAIN),
        (["10.0.0.0/8"], "10.0.0.1", ["https, https"], ENCRYPTED),
        (["10.0.0.0/8"], None, ["https"], PLAIN),
        ([], "127.0.0.1", ["https"], ENCRYPTED),
        ([], "::1", ["https"], ENCRYPTED),
        ([], "10.0.0.1", ["https"], PLAIN),
    ],
)
async def test_only_our_proxies_turn_http_into_https(
    settings: Any, proxies: list[str], peer: str | None, forwarded: list[str], expected: tuple[str, str, bool]
) -> None:
    settings.TRUSTED_PROXIES = proxies
    assert await seen(peer, *forwarded) == expected
