"""Run an admitted call under its lease, and end its reservation whichever way the work ends.

A caller who goes away cannot cut its settlement off: the work runs in a task of its own, or in that of a caller whose
departure is told in another way than by cancelling it (abandoning.py).
"""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from metering.calls.abandoning import Departure, abandon
from metering.calls.collaborators import Collaborators
from metering.calls.from_cache import keep
from metering.calls.keep import keep_and_settle
from metering.calls.record import note_stopped
from metering.calls.said import said_by
from metering.calls.values import Call
from metering.errors import LimitExceeded, MeteringError, MeteringUnavailable, VendorError
from metering.ledger.commands import Attempt
from metering.reservation.release import release
from metering.reservation.reserve import Hold
from metering.reservation.settle import SPOOLED_AFTER_S, settle
from metering.time_limits import CoarseTimeout

T = TypeVar("T")
WHOLE, STREAMED = "call", "call.stream"
"""Names of the tasks in which calls run."""
END = "reservation.end"
STOPPED = "The gateway stopped this call."
SETTLE_WAIT_S = 5.0
"""How long an answer waits for its settlement; while the ledger is away that goes on in the background."""


async def run_whole(with_: Collaborators, call: Call, departure: Departure | None) -> bytes:
    """The whole answer, once it is settled. Raises VendorError, LimitExceeded and MeteringUnavailable."""
    work = call.adapter.execute(call.request, call.spending)
    if call.recording is not None:
        work = call.recording.whole(work)
    if call.capture is not None:
        work = call.capture.whole(work)
    if departure is not None:
        return await _run_here(with_, call, work, departure)
    running = with_.background.spawn(perform(with_, call, work), name=WHOLE)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        if running.cancelled():  # not the caller's doing
            raise MeteringUnavailable(STOPPED) from None
        abandon(call, running)
        raise


async def _run_here(
    with_: Collaborators, call: Call, work: Coroutine[Any, Any, bytes], departure: Departure
) -> bytes:
    """In the caller's own task, which costs a call less than another one."""
    running = departure.task
    with_.background.adopt(running, name=WHOLE)
    departure.instead = partial(abandon, call, running)
    try:
        return await perform(with_, call, work)
    except asyncio.CancelledError:
        running.uncancel()
        raise MeteringUnavailable(STOPPED) from None
    finally:
        departure.instead = None
        with_.background.let_go_of(running)


async def perform(with_: Collaborators, call: Call, work: Coroutine[Any, Any, T]) -> T:
    """Do the work within the call's allowance and lease, and end the reservation."""
    try:
        with with_.leases.keep(call.hold, granted_s=call.granted_s, policy=call.policy) as lease:
            try:
                return await work
            except asyncio.CancelledError:
                if lease.lost:
                    lease.task.uncancel()
                    raise MeteringUnavailable("The call outlived its reservation.") from None
                raise
            except LimitExceeded as refusal:
                if call.capture is not None:
                    call.capture.fail(refusal)
                note_stopped(with_.decisions, call, refusal, with_.now())
                raise
            except VendorError as error:
                if call.recording is not None:
                    call.recording.fail(error)
                if call.capture is not None:
                    call.capture.fail(error)
                raise
    except MeteringError as error:
        error.has_spent = call.allowance.has_spent()
        raise
    finally:
        await _end(with_, call)


async def _end(with_: Collaborators, call: Call) -> None:
    """Settle what was sent, release what was not, whatever cancellation comes meanwhile."""
    attempts = call.allowance.seal()
    if call.capture is not None:
        with_.content.add(said_by(call, call.capture, attempts, with_.now()))
    call.rates.true_up(tokens=sum([item.input_tokens + item.output_tokens for item in attempts]))
    if attempts and call.recording is None and call.overheard is None:
        with_.observe(call, attempts)
        await _settle_here(with_, call.hold, attempts)
        return
    ending: Coroutine[Any, Any, Any]
    if attempts:
        ending = settle(ledger=with_.ledger, hold=call.hold, attempts=attempts, spool=with_.spool)
        if call.recording is not None:
            ending = keep_and_settle(call, call.recording, ending, now=with_.now)
    else:
        ending = release(
            ledger=with_.ledger,
            reservation_id=call.hold.reservation_id,
            tenant_id=call.hold.tenant_id,
            reason="nothing was sent",
            deadline_s=call.hold.lease_s if with_.spool is None else SPOOLED_AFTER_S,
            spool=with_.spool,
        )
    task = with_.background.spawn(ending, name=END)
    keeping = keep(with_, call, attempts) if call.overheard is not None else None
    with_.observe(call, attempts)
    with suppress(TimeoutError), CoarseTimeout(SETTLE_WAIT_S):
        await asyncio.shield(task)
        with_.waiting.ended(call.hold)
    if keeping is not None:  # so that whoever has the answer and asks again finds it kept
        await asyncio.shield(keeping)


async def _settle_here(with_: Collaborators, hold: Hold, attempts: tuple[Attempt, ...]) -> None:
    """Settle in the task of the call, which costs less than one more. Stopped, or after a wait that is long enough, the
    same command is sent again, or spooled, by a task that nothing stops: the ledger carries it out once.
    """
    try:
        with CoarseTimeout(SETTLE_WAIT_S):
            await settle(ledger=with_.ledger, hold=hold, attempts=attempts, spool=with_.spool)
        with_.waiting.ended(hold)
    except TimeoutError:
        later = settle(ledger=with_.ledger, hold=hold, attempts=attempts, spool=with_.spool, is_away=True)
        with_.background.spawn(later, name=END)
    except asyncio.CancelledError:
        later = settle(ledger=with_.ledger, hold=hold, attempts=attempts, spool=with_.spool)
        with_.background.spawn(later, name=END)
        raise
