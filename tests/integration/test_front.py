"""What only a real server shows: several workers summed, and callers who never finish their headers."""

import os
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from launcher.children import HEADER_TIMEOUT_MS
from launcher.process import free_port, wait_until
from tests.integration.launcher.test_powers import as_root, assert_powerless

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
REPOSITORY = Path(__file__).resolve().parents[2]
TOKEN = "a-token-for-prometheus"
REQUESTS = 40
FIRST = 30


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A server with two workers."""
    port = free_port()
    state = tmp_path_factory.mktemp("state")
    with subprocess.Popen(
        [str(REPOSITORY / "script/server"), "--port", str(port), "--workers", "2"],
        env={"GATEWAY_STATE_DIR": str(state), "METRICS_TOKEN": TOKEN, "PATH": os.environ["PATH"]},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            assert wait_until(lambda: get(port, "/health/ready")[0] == 200, 90, every_s=0.1)
            yield port
        finally:
            server.terminate()
            server.wait(60)


def get(port: int, path: str) -> tuple[int, str]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}")
    request.add_header("authorization", f"Bearer {TOKEN}")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except OSError:
        return 0, ""


def counted(port: int, route: str) -> float:
    """Requests of a route, as any worker tells it."""
    _, text = get(port, "/metrics")
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "gateway_requests_total" and sample.labels["route"] == route
    )


def send(port: int, data: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=60)
    connection.sendall(data)
    return connection


def test_whichever_worker_is_asked_tells_of_all(port: int) -> None:
    assert {get(port, "/health/live")[0] for _ in range(REQUESTS)} == {200}
    for _ in range(10):
        assert wait_until(lambda: counted(port, "/health/live") == REQUESTS, 10, every_s=0.2)


@as_root
def test_the_gateway_and_its_workers_have_no_capability(port: int) -> None:
    mark = b"\0".join([b"--port", str(port).encode(), b"--workers"])
    lines = {path.parent: path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline")}
    found = [int(folder.name) for folder, line in lines.items() if mark in line and b"granian" in line]
    assert len(found) >= 3
    for pid in found:
        assert_powerless(pid)


def test_the_first_who_ask_for_the_document_at_once_all_get_it(port: int) -> None:
    together = threading.Barrier(FIRST)

    def ask(_: int) -> tuple[int, str]:
        together.wait(60)
        return get(port, "/api/schema")

    with ThreadPoolExecutor(FIRST) as pool:
        answers = list(pool.map(ask, range(FIRST)))
    assert {status for status, _ in answers} == {200}
    assert len({text for _, text in answers}) == 1


def test_headers_that_never_end_are_cut_off(port: int) -> None:
    begin = time.monotonic()
    with send(port, b"POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\n") as connection:
        answer = connection.recv(4096)
    assert answer == b"" or b" 408 " in answer
    assert time.monotonic() - begin >= HEADER_TIMEOUT_MS / 1000 - 1
    assert get(port, "/health/live")[0] == 200


def test_headers_without_bound_are_refused(port: int) -> None:
    with send(port, b"GET /v1/models HTTP/1.1\r\nhost: gateway\r\n") as connection:
        try:
            for _ in range(200):
                connection.sendall(b"x-long: " + b"x" * 4096 + b"\r\n")
            connection.sendall(b"\r\n")
            answer = connection.recv(4096)
        except OSError:
            answer = b""
    assert answer == b"" or b" 431 " in answer or b" 400 " in answer
