"""Bodies, forms and queries that are too large: an answer in the shape of the door, and no stack trace anywhere."""

import http.client
import json
from collections.abc import Iterator
from urllib.parse import urlencode, urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.utils.timezone import now

from metering.identity.sessions.open_session import open_session
from metering.models import User
from tests.e2e.server import Server
from tests.log_lines import Caught, caught_lines

MOST = 2_621_440
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
CSRF = "a" * 32
MANY = urlencode({f"field{number}": 1 for number in range(1_001)})


@pytest.fixture(autouse=True)
def caught() -> Iterator[Caught]:
    """Nothing in the log says where in the code it was."""
    with caught_lines("django") as caught:
        yield caught
    assert [line for line in caught.lines if "exception" in line] == []


@pytest.fixture
def known(server: Server) -> dict[str, str]:
    """Headers of a super admin who has signed in, in the API and in the console."""
    operator = User.objects.create_superuser("ops@example.com", None)
    browser = Client()
    browser.force_login(operator)
    session = browser.cookies[settings.SESSION_COOKIE_NAME].value
    return {
        "authorization": f"Bearer {open_session(user=operator, now=now()).access}",
        "cookie": f"csrftoken={CSRF}; {settings.SESSION_COOKIE_NAME}={session}",
        "x-csrftoken": CSRF,
    }


def send(
    server: Server,
    known: dict[str, str],
    path: str,
    body: str | bytes = b"",
    *,
    kind: str = "application/json",
    method: str = "POST",
) -> tuple[int, str, str]:
    """Status, media type and text."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)
    headers = {"content-type": kind, **known}
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, answer.headers["content-type"], text


def part(name: str, value: str, *, file: bool = False) -> str:
    named = f'; filename="{name}"' if file else ""
    return f'--x\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n{value}\r\n'


def assert_refused(answer: tuple[int, str, str], status: int, code: str, sentence: str) -> None:
    """In the one shape."""
    assert (answer[0], answer[1]) == (status, "application/json"), answer[2]
    error = json.loads(answer[2])["error"]
    assert (error["code"], error["message"]) == (code, sentence)


def assert_page(answer: tuple[int, str, str], status: int, sentence: str) -> None:
    """For people."""
    assert (answer[0], answer[1]) == (status, "text/html; charset=utf-8"), answer[2]
    assert sentence in answer[2]
    assert "Traceback" not in answer[2]


@pytest.mark.parametrize("kind", ["application/json", FORM, MULTIPART])
def test_a_body_of_the_api_that_is_too_large_is_413_in_the_one_shape(
    server: Server, known: dict[str, str], kind: str
) -> None:
    body = json.dumps({"email": "a@b.example", "password": "x"}).ljust(MOST + 1)
    sentence = f"The body is longer than {MOST:,} bytes."
    assert_refused(send(server, known, "/api/auth/token", body, kind=kind), 413, "body_too_large", sentence)


def test_a_body_of_the_api_at_the_bound_is_read(server: Server, known: dict[str, str]) -> None:
    body = json.dumps({"email": "a@b.example", "password": "x"}).ljust(MOST)
    assert send(server, known, "/api/auth/token", body)[0] == 401


def test_too_many_query_parameters_of_the_api_are_400_in_the_one_shape(
    server: Server, known: dict[str, str]
) -> None:
    sentence = "There are more than 1,000 fields or parameters."
    for path in ("/api/auth/me", "/api/auth/token"):
        assert_refused(send(server, known, f"{path}?{MANY}", method="GET"), 400, "invalid_request", sentence)


def test_a_form_that_is_too_large_is_a_page(server: Server, known: dict[str, str]) -> None:
    body = urlencode({"username": "x" * MOST})
    assert_page(send(server, known, "/admin/login/", body, kind=FORM), 413, f"longer than {MOST:,} bytes")


@pytest.mark.parametrize(
    ("kind", "body"),
    [(FORM, MANY), (MULTIPART, "".join(part(f"f{number}", "1") for number in range(1_010)) + "--x--\r\n")],
    ids=["plain", "multipart"],
)
def test_a_form_of_too_many_fields_is_a_page(
    server: Server, known: dict[str, str], kind: str, body: str
) -> None:
    assert_page(send(server, known, "/admin/login/", body, kind=kind), 400, "more than 1,000 fields")


def test_a_field_of_a_multipart_form_that_is_too_large_is_a_page(
    server: Server, known: dict[str, str]
) -> None:
    body = part("username", "x" * (MOST + 1)) + "--x--\r\n"
    assert_page(
        send(server, known, "/admin/login/", body, kind=MULTIPART), 413, f"longer than {MOST:,} bytes"
    )


def test_a_form_of_too_many_files_is_a_page(server: Server, known: dict[str, str]) -> None:
    body = "".join(part(f"f{number}", "x", file=True) for number in range(11)) + "--x--\r\n"
    assert_page(send(server, known, "/admin/login/", body, kind=MULTIPART), 400, "more than 10 files")


def test_a_form_without_its_boundary_is_a_page(server: Server, known: dict[str, str]) -> None:
    answer = send(server, known, "/admin/login/", b"--x", kind="multipart/form-data")
    assert_page(answer, 400, "The form cannot be read.")


def test_a_body_that_no_door_reads_is_refused_in_the_shape_of_the_door(
    server: Server, known: dict[str, str]
) -> None:
    """Before Django sees any of it."""
    body = b" " * (20 * 1024 * 1024 + 1)
    assert_page(send(server, known, "/admin/login/", body, kind=FORM), 413, "longer than 20,971,520 bytes")
    sentence = "The body is longer than 20,971,520 bytes."
    assert_refused(send(server, known, "/api/auth/token", body), 413, "body_too_large", sentence)


def test_another_host_is_refused_in_the_shape_of_the_door(server: Server) -> None:
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)
    for path, kind in (("/api/auth/me", "application/json"), ("/admin/login/", "text/html; charset=utf-8")):
        connection.request("GET", path, headers={"host": "evil.example"})
        answer = connection.getresponse()
        assert (answer.status, answer.headers["content-type"]) == (400, kind)
        assert b"ALLOWED_HOSTS" in answer.read()
    assert "evil.example" not in settings.ALLOWED_HOSTS
