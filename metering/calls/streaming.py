"""Run an admitted call and hand its events over as they come."""

import asyncio
import time
from contextlib import aclosing
from functools import partial

from django.db import InterfaceError, OperationalError

from metering.calls.abandoning import abandon
from metering.calls.collaborators import Collaborators
from metering.calls.pipe import MeteredStream, Pipe
from metering.calls.running import STOPPED, STREAMED, perform
from metering.calls.values import Call, Facts, facts_of
from metering.errors import MeteringError, MeteringUnavailable

BROKEN = "Something went wrong in the gateway; its log says what, under the id of the request."


async def run_streamed(
    with_: Collaborators, call: Call, *, patience_s: float | None
) -> tuple[Facts, MeteredStream]:
    """The stream, once its first event is there or `patience_s` is over (the facts are then `pending`).

    Raises what preceded the first event.
    """
    pipe = Pipe(patience_s=patience_s, since_s=call.started_s + call.waited_s)
    running = with_.background.spawn(_pump(with_, call, pipe), name=STREAMED)
    stream = MeteredStream(pipe, on_abandon=partial(abandon, call, running), stop=running.cancel)
    admitted_s = time.monotonic()
    try:
        # Patience may be over already. A task that is stopped before its first step would end neither pipe nor hold.
        await asyncio.sleep(0)
        has_begun = await pipe.ready()
    except asyncio.CancelledError:
        stream.close()
        raise
    if not has_begun:  # the wait is the vendor's
        return facts_of(call, ended_s=admitted_s, pending=True), stream
    return facts_of(call, ended_s=time.monotonic()), stream


async def _pump(with_: Collaborators, call: Call, pipe: Pipe) -> None:
    """Move the work's events into the pipe; it ends after the settlement, so what it says is booked.

    A fault of ours is no limit that passes: the reader is told so, because who waits and tries again pays again.
    """
    recording, capture = call.recording, call.capture
    if recording is not None:
        recording.is_streamed = True

    async def copy() -> None:
        async with aclosing(call.adapter.stream(call.request, call.spending)) as events:
            async for event in events:
                if recording is not None:
                    recording.add(event)
                if capture is not None:
                    capture.event(event)
                await pipe.put(event)
        if recording is not None:
            recording.end()

    error: MeteringError | None = MeteringUnavailable(STOPPED)
    try:
        await perform(with_, call, copy())
        error = None
    except MeteringError as failure:
        error = failure
    except (InterfaceError, OperationalError):
        error = MeteringUnavailable("The database is away.")
        raise
    except Exception:
        error = MeteringError(BROKEN)
        raise
    finally:
        pipe.end(error)
