"""Odd requests on the server as it runs in production: it keeps for the application what it can."""

import gzip
import json

import pytest

from gateway_project.http.body import MAX_BODY_BYTES
from tests.e2e.raw import ask, send_bytes
from tests.faults.deployment import Deployment
from tests.faults.production import Production

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
CHAT = "/v1/chat/completions"
TOO_MUCH = MAX_BODY_BYTES + 1


def head(path: str, token: str, *more: str) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        "host: localhost",
        f"x-api-key: {token}",
        "content-type: application/json",
        *more,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def test_a_body_that_is_none_is_400_and_one_that_is_too_long_413(
    deployment: Deployment, server: Production
) -> None:
    token = deployment.tenant(plan="OPEN", dimension="cost", window="month", amount=1_000)
    for path in (CHAT, "/api/auth/token"):
        chunked = head(path, token, "transfer-encoding: chunked")
        for chunks in (b"zz\r\nhello\r\n0\r\n\r\n", b"2\r\nhello\r\n0\r\n\r\n", b"-1\r\n\r\n", b"\r\n\r\n"):
            assert send_bytes(server, chunked + chunks).told == (400, "invalid_request"), chunks
        announced = head(path, token, f"content-length: {TOO_MUCH}")
        assert send_bytes(server, announced).told == (413, "body_too_large")
        patient = head(path, token, f"content-length: {TOO_MUCH}", "expect: 100-continue")
        assert send_bytes(server, patient).told == (413, "body_too_large")
        assert ask(server, "POST", path, bytes(TOO_MUCH * 2), {"x-api-key": token}).told == (
            413,
            "body_too_large",
        )


def test_packed_bodies_and_requests_for_heads(deployment: Deployment, server: Production) -> None:
    token = deployment.tenant(plan="OPEN", dimension="cost", window="month", amount=1_000)
    hello = json.dumps({"model": "small", "messages": [{"role": "user", "content": "hello"}]}).encode()
    packed: dict[str, str | bytes] = {"api-key": token, "content-encoding": "gzip"}
    assert ask(server, "POST", CHAT, gzip.compress(b"\xef\xbb\xbf" + hello), packed).status == 200
    assert ask(server, "POST", CHAT, hello, {**packed, "content-encoding": "br"}).status == 415
    got, told = (ask(server, method, "/v1/models", headers={"api-key": token}) for method in ("GET", "HEAD"))
    assert (told.status, told.body, told.headers["content-length"]) == (200, b"", str(len(got.body)))
    assert ask(server, "POST", "/chat/completions", hello, packed).told == (404, "not_found")
