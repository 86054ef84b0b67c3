import asyncio
import json
import os
import signal
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest

from gateway_project import wiring
from gateway_project.proxy import health
from metering.ledger.apart.client import LedgerProcess
from tests.e2e.server import Server

pytestmark = pytest.mark.slow


def get(server: Server, path: str) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(f"{server.url}{path}", timeout=20) as answer:  # noqa: S310
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_a_server_that_can_serve_is_ready(server: Server) -> None:
    status, body = get(server, "/health/ready")
    names = ("database", "migrations", "partitions", "ledger", "redis", "changes")
    assert (status, body) == (200, {"status": "ok", "checks": dict.fromkeys(names, "ok")})
    assert get(server, "/health")[0] == get(server, "/health/live")[0] == 200


def test_without_its_ledger_it_lives_but_is_not_ready(server: Server) -> None:
    runtime = wiring._runtime
    assert runtime is not None
    assert isinstance(runtime.writer, LedgerProcess)
    assert runtime.writer.pid is not None
    os.kill(runtime.writer.pid, signal.SIGSTOP)
    try:
        status, body = get(server, "/health/ready")
        assert (status, body["status"], body["checks"]["ledger"]) == (503, "unavailable", "failed")
        assert get(server, "/health/live")[0] == 200
    finally:
        os.kill(runtime.writer.pid, signal.SIGCONT)


def test_without_redis_it_is_ready_and_says_that_it_is_degraded(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = wiring._runtime
    assert runtime is not None
    monkeypatch.setattr(runtime.redis, "is_reachable", False)
    status, body = get(server, "/health/ready")
    assert (status, body["status"], body["checks"]["redis"]) == (200, "degraded", "degraded")


def test_without_this_months_partitions_it_is_not_ready(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "month_of", lambda now: date(2001, 1, 1))
    status, body = get(server, "/health/ready")
    assert (status, body["checks"]["partitions"]) == (503, "failed")


def test_everything_else_is_djangos(server: Server) -> None:
    with urllib.request.urlopen(f"{server.url}/admin/login/", timeout=20) as answer:  # noqa: S310
        assert answer.status == 200
        assert b"<form" in answer.read()


def test_those_who_ask_at_the_same_time_share_one_look(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0

    async def slow(*_: Any) -> None:
        nonlocal looks
        looks += 1
        await asyncio.sleep(1)

    monkeypatch.setattr(LedgerProcess, "submit", slow)
    with ThreadPoolExecutor(30) as people:
        answers = list(people.map(lambda _: get(server, "/health/ready")[0], range(30)))
    assert (answers, looks < 5) == ([200] * 30, True)
