"""The id of a request is in every line that is logged for it, and in its answer; outside requests there is none."""

import asyncio
import logging

import pytest
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from gateway_project.front.every_request import EveryRequest
from gateway_project.http.request_id import id_of
from tests.log_lines import caught_lines

LOGGER = logging.getLogger("metering.somewhere")


def scope_of(*headers: tuple[bytes, bytes]) -> Scope:
    return {"type": "http", "method": "GET", "path": "/", "headers": list(headers)}


async def nothing_more() -> Message:
    return {"type": "http.disconnect"}


async def ask(app: object, *headers: tuple[bytes, bytes]) -> list[Message]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await EveryRequest(app)(scope_of(*headers), nothing_more, send)  # type: ignore[arg-type]
    return sent


async def logs_in_a_thread(scope: Scope, receive: Receive, send: Send) -> None:
    await asyncio.to_thread(LOGGER.warning, "in.thread")
    await asyncio.create_task(asyncio.to_thread(LOGGER.warning, "in.task"))
    await Response("good")(scope, receive, send)


async def test_lines_of_threads_and_tasks_have_it() -> None:
    with caught_lines() as caught:
        await ask(logs_in_a_thread, (b"x-request-id", b"r-17"))
    assert [line["request_id"] for line in caught.lines] == ["r-17", "r-17"]


async def test_requests_at_once_keep_theirs_apart_and_nothing_is_left_of_it() -> None:
    turn = asyncio.Barrier(2)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await turn.wait()
        LOGGER.warning(id_of(scope))
        await Response("good")(scope, receive, send)

    with caught_lines() as caught:
        await asyncio.gather(*[ask(app, (b"x-request-id", name)) for name in (b"r-1", b"r-2")])
        LOGGER.warning("outside")
    lines = {line["event"]: line.get("request_id") for line in caught.lines}
    assert lines == {"r-1": "r-1", "r-2": "r-2", "outside": None}


async def test_an_answer_that_says_no_id_gets_it() -> None:
    start, *_ = await ask(Response("good"), (b"x-request-id", b"r-17"))
    assert (b"x-request-id", b"r-17") in start["headers"]


@pytest.mark.parametrize("bad", [b"two words", b"line\nbreak", b"x" * 129, b"caf\xe9"])
async def test_an_id_that_could_do_harm_is_replaced(bad: bytes) -> None:
    start, *_ = await ask(Response("good"), (b"x-request-id", bad))
    assert len(dict(start["headers"])[b"x-request-id"]) == 36


async def test_what_breaks_outside_every_door_is_logged_with_it_and_answered() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("nobody has thought of this")

    with caught_lines() as caught:
        start, body = await ask(app, (b"x-request-id", b"r-17"))
    assert start["status"] == 500
    assert b'"request_id":"r-17"' in body["body"]
    assert b"nobody has thought" not in body["body"]
    [line] = caught.of("request.broke")
    assert line["request_id"] == "r-17"
    assert "nobody has thought of this" in line["exception"]
