"""One line for each request, without content, and none where the level says so."""

import asyncio
import json
import logging
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.core.exceptions import ImproperlyConfigured

from gateway_project import env
from gateway_project.front.every_request import EveryRequest
from gateway_project.logs import DEFAULT_LEVEL, LEVELS, logging_at
from gateway_project.telemetry.access import (
    LOGGER,
    AccessLog,
    note_caller,
    note_error_code,
)

SECRET = "ati_secret"


@pytest.fixture(autouse=True)
def level() -> Iterator[None]:
    logger = logging.getLogger(LOGGER)
    before = logger.level
    logger.setLevel(logging.INFO)
    yield
    logger.setLevel(before)


class Written:
    """What would stand in the log."""

    def __init__(self) -> None:
        self.log = AccessLog(self._write)
        self.writes = 0
        self._texts: list[bytes] = []

    def _write(self, lines: bytes) -> None:
        self.writes += 1
        self._texts.append(lines)

    @property
    def lines(self) -> list[dict[str, Any]]:
        self.log.flush()
        return [json.loads(line) for line in b"".join(self._texts).splitlines()]


@pytest.fixture
def written() -> Written:
    return Written()


async def answer(scope: Any, receive: Any, send: Any) -> None:
    note_caller("alder", UUID(int=7))
    await send({"type": "http.response.start", "status": 201, "headers": []})
    await send({"type": "http.response.body", "body": b"12345", "more_body": True})
    await send({"type": "http.response.body", "body": b"678"})


async def ask(app: Any, written: Written, path: str = "/v1/chat/completions") -> None:
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": f"token={SECRET}".encode(),
        "headers": [(b"authorization", SECRET.encode()), (b"x-request-id", b"r-1")],
    }

    async def nothing(*_: object) -> Any:
        return {"type": "http.disconnect"}

    await EveryRequest(app, written.log)(scope, nothing, nothing)


async def test_a_line_says_what_it_was_and_how_it_ended(written: Written) -> None:
    await ask(answer, written)
    [line] = written.lines
    assert line.pop("duration_ms") >= 0
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "request",
        "level": "info",
        "logger": "gateway.access",
        "method": "POST",
        "route": "/v1/chat/completions",
        "status": 201,
        "bytes": 8,
        "request_id": "r-1",
        "tenant": "alder",
        "token_id": str(UUID(int=7)),
    }


async def test_neither_a_query_nor_a_credential_nor_a_path_of_the_callers_own_is_in_it(
    written: Written,
) -> None:
    await ask(answer, written, f"/{SECRET}/x")
    assert SECRET not in json.dumps(written.lines)


async def test_an_application_that_breaks_has_a_line_too(written: Written) -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError

    await ask(broken, written)
    assert (written.lines[0]["status"], written.lines[0]["code"]) == (500, "internal_error")


async def test_an_application_that_breaks_in_the_middle_of_its_answer_has_a_line_with_what_it_answered(
    written: Written,
) -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"123", "more_body": True})
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await ask(broken, written)
    [line] = written.lines
    assert (line["status"], line["bytes"], line["code"]) == (200, 3, "internal_error")


async def test_a_refusals_code_is_in_it(written: Written) -> None:
    async def refused(scope: Any, receive: Any, send: Any) -> None:
        note_error_code("budget_exceeded")
        await send({"type": "http.response.start", "status": 429, "headers": []})

    await ask(refused, written)
    assert written.lines[0]["code"] == "budget_exceeded"


async def test_requests_at_once_have_a_line_each_of_their_own(written: Written) -> None:
    async def slow(scope: Any, receive: Any, send: Any) -> None:
        note_caller(scope["path"][1:], None)
        await asyncio.sleep(0.01)
        await send({"type": "http.response.start", "status": 200, "headers": []})

    await asyncio.gather(*[ask(slow, written, f"/t{place}") for place in range(20)])
    assert sorted(line["tenant"] for line in written.lines) == sorted(f"t{place}" for place in range(20))


async def test_lines_are_written_soon_and_together(written: Written) -> None:
    for _ in range(10):
        await ask(answer, written)
    await asyncio.sleep(0.1)
    assert written.writes == 1


async def test_from_warning_on_there_are_none(written: Written) -> None:
    logging.getLogger(LOGGER).setLevel(logging_at("warning")["loggers"][LOGGER]["level"])
    await ask(answer, written)
    assert written.lines == []


def test_a_level_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "loud")
    with pytest.raises(ImproperlyConfigured, match="LOG_LEVEL must be one of debug, info, warning, error"):
        env.choice("LOG_LEVEL", DEFAULT_LEVEL, LEVELS)
