"""Answer a repeated request with what the first one brought: nothing is held, sent or charged."""

import asyncio
import time
from datetime import datetime

from metering.answers.recall import recall_answer
from metering.answers.recording import FinishedAnswer
from metering.background import BackgroundTasks
from metering.calls.channel import Channel, MeteredStream
from metering.calls.values import Facts, Result
from metering.errors import IdempotencyKeyTaken, IdempotencyMismatch
from metering.orm import in_database_thread
from metering.types import EnforcementMode


async def replay_whole(taken: IdempotencyKeyTaken, *, now: datetime) -> Result:
    """The whole answer again.

    Raises `taken` where there is none yet, or none any more; the first call's VendorError; IdempotencyMismatch
    for the answer of a stream.
    """
    started_s = time.monotonic()
    answer = await _recalled(taken, now, streamed=False)
    if answer.failure is not None:
        raise answer.failure.as_error()
    return Result(output=b"".join(answer.parts()), facts=_facts(taken, answer, started_s))


async def replay_stream(
    taken: IdempotencyKeyTaken, *, now: datetime, background: BackgroundTasks
) -> tuple[Facts, MeteredStream]:
    """The stream's events again, as fast as they are read. Raises as `replay_whole` does where there is none."""
    started_s = time.monotonic()
    answer = await _recalled(taken, now, streamed=True)
    channel = Channel()

    async def pump() -> None:
        for event in answer.parts():
            await channel.put(event)
        channel.end(answer.failure.as_error() if answer.failure is not None else None)

    background.spawn(pump(), name="call.replay")
    try:
        await channel.ready()
    except asyncio.CancelledError:
        channel.abandon()
        raise
    return _facts(taken, answer, started_s), MeteredStream(channel, on_abandon=lambda: None)


async def _recalled(taken: IdempotencyKeyTaken, now: datetime, *, streamed: bool) -> FinishedAnswer:
    answer = await in_database_thread(recall_answer, reservation_id=taken.holder, now=now)
    if answer is None:
        raise taken
    if answer.streamed is not streamed:
        raise IdempotencyMismatch("This Idempotency-Key was used with another request.")
    return answer


def _facts(taken: IdempotencyKeyTaken, answer: FinishedAnswer, started_s: float) -> Facts:
    return Facts(
        reservation_id=taken.holder,
        model=answer.model,
        provider_name=answer.provider_name,
        mode=EnforcementMode(answer.mode),
        attempts=(),
        overhead_ms=(time.monotonic() - started_s) * 1000,
        remaining={},
        replayed=True,
    )
