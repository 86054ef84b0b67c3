import asyncio
import time
from typing import Any

from gateway_project.proxy.event_stream import KEEP_ALIVE, EventStreamResponse
from gateway_project.proxy.framing import DONE
from metering.calls.pipe import MeteredStream, Pipe
from metering.calls.values import Facts
from metering.ids import uuid7
from metering.time_limits import LOOK_S
from metering.types import EnforcementMode

PATIENCE_S = 0.01


def facts(*, pending: bool) -> Facts:
    return Facts(
        reservation_id=uuid7(),
        model="small",
        provider_name="fake",
        mode=EnforcementMode.ENFORCE,
        attempts=(),
        overhead_ms=1.0,
        remaining={},
        pending=pending,
    )


class Caller:
    """Who takes in the next part only when told to."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self.is_waited_for = asyncio.Event()

    async def send(self, message: Any) -> None:
        self.sent.append(message.get("body", b"start"))
        if not self.reads.is_set():
            self.is_waited_for.set()
        await self.reads.wait()

    async def receive(self) -> Any:
        await asyncio.get_running_loop().create_future()


def answering(channel: Pipe, caller: Caller, *, pending: bool) -> "asyncio.Task[None]":
    stream = MeteredStream(channel, on_abandon=lambda: None)
    response = EventStreamResponse(stream, facts(pending=pending), request_id="r-1")
    return asyncio.create_task(response({"type": "http"}, caller.receive, caller.send))


async def test_what_a_caller_does_not_read_is_not_followed_by_comments() -> None:
    channel, caller = Pipe(patience_s=PATIENCE_S, since_s=time.monotonic()), Caller()
    await channel.put(b"0")
    caller.reads.clear()
    answer = answering(channel, caller, pending=False)
    await caller.is_waited_for.wait()
    await asyncio.sleep(LOOK_S * 5)
    assert caller.sent == [b"start"]
    await channel.put(b"1")
    channel.end()
    caller.reads.set()
    await answer
    assert caller.sent == [b"start", b"data: 0\n\n", b"data: 1\n\n", DONE, b""]


async def test_headers_that_come_before_anything_else_are_followed_by_a_comment_at_once() -> None:
    channel, caller = Pipe(), Caller()
    answer = answering(channel, caller, pending=True)
    await channel.put(b"0")
    channel.end()
    await answer
    assert caller.sent == [b"start", KEEP_ALIVE, b"data: 0\n\n", DONE, b""]
