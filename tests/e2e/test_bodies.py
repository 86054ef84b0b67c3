"""Bodies as clients pack them: marked, compressed, announced as too long, cut into wrong chunks."""

import gzip
import json
import zlib

import pytest

from gateway_project.http.body import MAX_BODY_BYTES
from metering.models import UsageLog, UsageReservation
from tests.e2e.raw import Reply, ask, send_bytes
from tests.e2e.server import Server
from tests.factories import UserFactory

pytestmark = pytest.mark.slow
CHAT = "/v1/chat/completions"
DOORS = (CHAT, "/api/auth/token")
HELLO = json.dumps({"model": "sandbox-small", "messages": [{"role": "user", "content": "hello"}]}).encode()
SIGN_IN = json.dumps({"email": "ada@alder.example", "password": "as long as the night"}).encode()
BOM = b"\xef\xbb\xbf"


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


PACKED = {
    "a mark": ("", lambda body: BOM + body),
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("x-gzip", gzip.compress),
    "gzip in two members": ("gzip", lambda body: gzip.compress(body[:9]) + gzip.compress(body[9:])),
    "gzip of a mark": ("GZip", lambda body: gzip.compress(BOM + body)),
    "deflate": ("deflate", zlib.compress),
    "deflate without its header": ("deflate", raw_deflate),
    "plain": ("identity", lambda body: body),
}


def post(
    server: Server, body: bytes, *, token: str = "", path: str = CHAT, coding: str = "", **more: str
) -> Reply:
    headers: dict[str, str | bytes] = {"content-type": "application/json", **more}
    if token:
        headers["authorization"] = f"Bearer {token}"
    if coding:
        headers["content-encoding"] = coding
    return ask(server, "POST", path, body, headers)


@pytest.fixture
def ada(server: Server) -> None:
    """Somebody who may sign in."""
    person = UserFactory(email="ada@alder.example", role="SUPER_ADMIN", tenant=None)
    person.set_password("as long as the night")
    person.save()


def test_a_packed_body_is_read_on_the_wire(server: Server, token: str) -> None:
    for name, (coding, pack) in PACKED.items():
        assert post(server, pack(HELLO), token=token, coding=coding).status == 200, name


@pytest.mark.usefixtures("ada")
def test_a_packed_body_is_read_by_the_api(server: Server) -> None:
    for name, (coding, pack) in PACKED.items():
        assert post(server, pack(SIGN_IN), path="/api/auth/token", coding=coding).status == 200, name


def test_packed_or_plain_a_request_is_the_same_one(server: Server, token: str) -> None:
    key = {"idempotency-key": "once"}
    first = post(server, HELLO, token=token, **key)
    second = post(server, gzip.compress(HELLO), token=token, coding="gzip", **key)
    assert (second.status, second.body) == (200, first.body)
    assert UsageLog.objects.count() == 1


def test_another_coding_is_415_with_a_sentence(server: Server, token: str) -> None:
    for coding in ("br", "zstd", "compress", "gzip, gzip", "gzip, br", "nonsense"):
        for path in DOORS:
            answer = post(server, HELLO, token=token, path=path, coding=coding)
            assert answer.told == (415, "unsupported_media_type"), (coding, path)
            assert "gzip, deflate" in answer.error["message"]
    assert not UsageReservation.objects.exists()


def test_what_is_not_in_its_coding_is_400(server: Server, token: str) -> None:
    for coding, body in (
        ("gzip", HELLO),
        ("gzip", gzip.compress(HELLO)[:-9]),
        ("gzip", gzip.compress(HELLO) + b"and more"),
        ("deflate", zlib.compress(HELLO) + b"and more"),
        ("deflate", b"\xff" * 50),
        ("deflate", gzip.compress(HELLO)),
    ):
        assert post(server, body, token=token, coding=coding).told == (400, "invalid_request"), body


def test_a_bomb_goes_off_nowhere(server: Server, token: str) -> None:
    for coding, wbits in (("gzip", 31), ("deflate", 15)):
        packer = zlib.compressobj(9, wbits=wbits)
        bomb = b"".join([packer.compress(bytes(1_000_000)) for _ in range(300)]) + packer.flush()
        assert len(bomb) < 1_000_000
        for path in DOORS:
            assert post(server, bomb, token=token, path=path, coding=coding).told == (413, "body_too_large")


def test_an_announced_length_beyond_the_limit_is_413_before_any_of_it_comes(
    server: Server, token: str
) -> None:
    for path in DOORS:
        head = (
            f"POST {path} HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer {token}\r\n"
            f"content-type: application/json\r\ncontent-length: {MAX_BODY_BYTES + 1}\r\n"
        )
        for more in ("", "expect: 100-continue\r\n"):
            answer = send_bytes(server, f"{head}{more}\r\n".encode())
            assert answer.told == (413, "body_too_large"), (path, more)


def test_who_is_still_sending_too_much_gets_the_answer(server: Server, token: str) -> None:
    assert post(server, bytes(MAX_BODY_BYTES * 2), token=token).told == (413, "body_too_large")


@pytest.mark.usefixtures("ada")
def test_the_apis_chunked_bodies_count(server: Server) -> None:
    chunk = f"{len(SIGN_IN):x}\r\n".encode() + SIGN_IN + b"\r\n0\r\n\r\n"
    head = b"POST /api/auth/token HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    assert send_bytes(server, head + b"transfer-encoding: chunked\r\n\r\n" + chunk).status == 200
