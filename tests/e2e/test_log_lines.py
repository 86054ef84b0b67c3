"""What a served request leaves in the log: its own id in every line, whoever writes it, and nothing without bound."""

import http.client
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from gateway_project.log_values import MOST
from tests.e2e.server import Server
from tests.log_lines import Caught, caught_lines


@pytest.fixture
def caught() -> Iterator[Caught]:
    """From before the server starts; Django's logger does not pass on."""
    with caught_lines("django") as caught:
        yield caught


def ask(server: Server, path: str, *, request_id: str, method: str = "GET") -> int:
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)
    connection.request(method, path, headers={"x-request-id": request_id})
    answer = connection.getresponse()
    assert answer.headers["x-request-id"] == request_id
    answer.read()
    connection.close()
    return answer.status


@pytest.mark.parametrize(
    ("path", "status"), [("/api/nothing", 404), ("/admin/metering/nothing/", 302), ("/admin/login/", 200)]
)
def test_lines_of_django_have_it(caught: Caught, server: Server, path: str, status: int) -> None:
    assert ask(server, path, request_id="r-17") == status
    lines = caught.of("Not Found")
    assert [line["request_id"] for line in lines] == ["r-17"] * (status == 404)


def test_a_refused_method_of_djangos_has_it(caught: Caught, server: Server) -> None:
    assert ask(server, "/admin/login/", method="POST", request_id="r-18") == 403
    [line] = caught.of("Forbidden")
    assert line["request_id"] == "r-18"


def test_lines_of_what_runs_beside_requests_have_none(caught: Caught, server: Server) -> None:
    ask(server, "/api/nothing", request_id="r-19")
    beside = [line for line in caught.lines if not line["logger"].startswith("django")]
    assert beside, "the server says at least that it listens for changes"
    assert [line for line in beside if "request_id" in line] == []


def test_a_path_of_30_kilobytes_is_cut(caught: Caught, server: Server) -> None:
    assert ask(server, "/api/" + "x" * 30_000, request_id="r-20") == 404
    assert len(max(caught.texts, key=len)) < 4 * MOST


def test_a_line_break_in_a_path_makes_no_second_line(caught: Caught, server: Server) -> None:
    assert ask(server, "/api/%0A%7B%22event%22:%22fake%22%7D%1B%5B2J", request_id="r-21") == 404
    assert all(text.isprintable() for text in caught.texts)
