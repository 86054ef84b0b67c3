"""The whole story of a metered call, from the caller's credential to the settled usage.

credential → Principal → plan, model and price → EffectivePolicy and the call's bound → hold on every meter →
task adapter, spending through its Allowance → vendor → settle → result with usage.

Whatever happens once the hold is committed, the reservation ends here: settled with its attempts, or released if
nothing was sent. The work runs in a task of its own, so a caller that goes away cannot cut its settlement off.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable
from contextlib import aclosing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from metering.background import BackgroundTasks
from metering.calls.admit import admit
from metering.calls.cached_directory import CachedDirectory
from metering.calls.channel import Channel, MeteredStream
from metering.calls.collaborators import Collaborators
from metering.calls.keep import keep_and_settle
from metering.calls.record import note_admission, note_refusal, note_refused_caller, note_stopped
from metering.calls.repeated import Earlier, earlier
from metering.calls.values import Call, CallRequest, Facts, Observer, ReplayObserver, Result, facts_of
from metering.coarse_timers import CoarseTimeout
from metering.decisions.log import DecisionLog
from metering.errors import (
    Holder,
    IdempotencyKeyTaken,
    LimitExceeded,
    MeteringError,
    MeteringUnavailable,
    VendorError,
)
from metering.identity.principal import Principal, holder_of
from metering.ledger.port import Ledger
from metering.ports import LLMAdapter, Vendors
from metering.rates.port import Buckets
from metering.rates.process_buckets import ProcessBuckets
from metering.reservation.bound import PictureCounter, TokenCounter, no_picture
from metering.reservation.lease import LeaseKeeper
from metering.reservation.release import release
from metering.reservation.settle import settle

T = TypeVar("T")
WHOLE, STREAMED = "call", "call.stream"
"""Names of the tasks in which calls run."""
STOPPED = "The gateway stopped this call."
DRAIN_S = 120.0
"""How long a call whose caller has gone may run on, where the policy is `drain`."""
SETTLE_WAIT_S = 5.0
"""How long an answer waits for its settlement; while the ledger is away that goes on in the background."""


class LLMGateway:
    """Metered LLM work for callers. One for each process; belongs to one event loop."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        vendors: Vendors,
        adapters: Iterable[LLMAdapter],
        count_tokens: TokenCounter,
        count_picture: PictureCounter = no_picture,
        lease_s: int,
        directory: CachedDirectory | None = None,
        buckets: Buckets | None = None,
        decisions: DecisionLog | None = None,
        observe: Observer = lambda call, attempts: None,
        on_replay: ReplayObserver = lambda task, *, beyond_rate: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Without `count_picture` a picture counts as the model's whole context. `directory` and `buckets` are this
        process's own if they are not given; `decisions` are forgotten if nobody writes them; `observe` sees every ended
        call, `on_replay` every request that is answered again.
        """
        self._with = Collaborators(
            ledger=ledger,
            vendors=vendors,
            adapters={task: adapter for adapter in adapters for task in adapter.supported_tasks},
            count_tokens=count_tokens,
            count_picture=count_picture,
            directory=directory or CachedDirectory(),
            buckets=buckets or ProcessBuckets(),
            background=BackgroundTasks(),
            now=now,
            lease_s=lease_s,
            decisions=decisions or DecisionLog(),
        )
        self._leases = LeaseKeeper(ledger)
        self._observe = observe
        self._on_replay = on_replay
        self._replays = ProcessBuckets()
        """How many first calls were looked for, of whom."""

    @property
    def directory(self) -> CachedDirectory:
        """The snapshots of callers, plans, models and policies."""
        return self._with.directory

    async def authenticate(
        self, secret: str, *, team: str | None = None, request_id: str | None = None
    ) -> Principal:
        """The caller behind `secret`, working for `team` (id or slug) of its own if one is named.

        Raises InvalidCredential, TokenExpired, TenantSuspended, and NotFound or NotPermitted for the team. With
        `request_id` a refusal can be found by it, if it is known whose credential it is.
        """
        try:
            caller = await self.directory.principal(secret)
        except MeteringError as refusal:
            if refusal.credential_of is not None and request_id is not None:
                self.note_refused(refusal.credential_of, refusal, request_id=request_id)
            raise
        if team is None:
            return caller
        try:
            return replace(caller, team_id=await self.directory.team_id(caller, team))
        except MeteringError as refusal:
            if request_id is not None:
                self.note_refused(caller, refusal, request_id=request_id)
            raise

    def note_refused(self, who: Holder | Principal, refusal: MeteringError, *, request_id: str) -> None:
        """Let a refusal before there is a call be found by its request's id. Never waits and never fails."""
        holder = who if isinstance(who, Holder) else holder_of(who)
        note_refused_caller(
            self._with.decisions, holder, refusal, request_id=request_id, now=self._with.now()
        )

    async def execute(self, caller: Principal, request: CallRequest) -> Result:
        """Do the work and answer it whole.

        Raises what `admit` raises, before anything is sent; VendorError and VendorTimeout after; and
        MeteringUnavailable if the ledger goes away for longer than the lease. A request that came before under the
        same Idempotency-Key gets that answer again.
        """
        try:
            call = await admit(self._with, caller, request)
        except MeteringError as refusal:
            return (await self._earlier(caller, request, refusal, streamed=False)).whole()
        work = call.adapter.execute(call.request, call.allowance)
        if call.recording is not None:
            work = call.recording.whole(work)
        running = self._with.background.spawn(self._perform(call, work), name=WHOLE)
        self._admitted(caller, request, call)
        try:
            output = await asyncio.shield(running)
        except asyncio.CancelledError:
            if running.cancelled():  # not the caller's doing
                raise MeteringUnavailable(STOPPED) from None
            self._abandon(call, running)
            raise
        return Result(output=output, facts=facts_of(call, ended_s=time.monotonic()))

    async def stream(
        self, caller: Principal, request: CallRequest, *, patience_s: float | None = None
    ) -> tuple[Facts, MeteredStream]:
        """Do the work and hand over its events as they come; returns with the first one.

        Raises as `execute` does where there is no first event; the stream raises what happens later.

        With `patience_s` it returns after that time even if nothing has come (the facts are then `pending`), and the
        stream yields NOTHING_YET whenever nothing comes for as long again.
        """
        try:
            call = await admit(self._with, caller, request)
        except MeteringError as refusal:
            first = await self._earlier(caller, request, refusal, streamed=True)
            return await first.stream(self._with.background)
        channel = Channel(patience_s=patience_s, since_s=call.started_s)
        running = self._with.background.spawn(self._pump(call, channel), name=STREAMED)
        stream = MeteredStream(channel, on_abandon=partial(self._abandon, call, running))
        self._admitted(caller, request, call)
        admitted_s = time.monotonic()
        try:
            has_begun = await channel.ready()
        except asyncio.CancelledError:
            stream.close()
            raise
        if not has_begun:  # the wait is the vendor's
            return facts_of(call, ended_s=admitted_s, pending=True), stream
        return facts_of(call, ended_s=time.monotonic()), stream

    def stop_calls(self) -> int:
        """Stop every running call: it is settled, and its caller told. Returns how many those are."""
        return self._with.background.cancel((WHOLE, STREAMED))

    async def close(self, deadline_s: float) -> None:
        """Wait for running calls and settlements; what is left after the deadline is stopped."""
        await self._with.background.drain(deadline_s)
        await self._leases.close()

    async def _pump(self, call: Call, channel: Channel) -> None:
        """Move the work's events into the channel; it ends after the settlement, so what it says is booked."""
        recording = call.recording

        async def copy() -> None:
            async with aclosing(call.adapter.stream(call.request, call.allowance)) as events:
                async for event in events:
                    if recording is not None:
                        recording.add(event)
                    await channel.put(event)
            if recording is not None:
                recording.end()

        error: MeteringError | None = MeteringUnavailable(STOPPED)
        try:
            await self._perform(call, copy())
            error = None
        except MeteringError as failure:
            error = failure
        finally:
            channel.end(error)

    async def _perform(self, call: Call, work: Coroutine[Any, Any, T]) -> T:
        """The work under its lease, and the reservation's end, whichever way the work ends."""
        try:
            with self._leases.keep(call.hold, granted_s=call.granted_s) as lease:
                try:
                    return await work
                except asyncio.CancelledError:
                    if lease.lost:
                        raise MeteringUnavailable("The call outlived its reservation.") from None
                    raise
                except LimitExceeded as refusal:
                    note_stopped(self._with.decisions, call, refusal, self._with.now())
                    raise
                except VendorError as error:
                    if call.recording is not None:
                        call.recording.fail(error)
                    raise
        finally:
            await self._end(call)

    async def _end(self, call: Call) -> None:
        """Settle what was sent, release what was not, in a task that no cancellation reaches."""
        attempts = call.allowance.seal()
        call.rates.true_up(tokens=sum([item.input_tokens + item.output_tokens for item in attempts]))
        ending: Coroutine[Any, Any, Any]
        if attempts:
            ending = settle(ledger=self._with.ledger, hold=call.hold, attempts=attempts)
            if call.recording is not None:
                ending = keep_and_settle(call, call.recording, ending, now=self._with.now)
        else:
            ending = release(
                ledger=self._with.ledger,
                reservation_id=call.hold.reservation_id,
                tenant_id=call.hold.tenant_id,
                reason="nothing was sent",
                deadline_s=call.hold.lease_s,
            )
        task = self._with.background.spawn(ending, name="reservation.end")
        self._observe(call, attempts)
        with suppress(TimeoutError), CoarseTimeout(SETTLE_WAIT_S):
            await asyncio.shield(task)

    async def _earlier(
        self, caller: Principal, request: CallRequest, refusal: MeteringError, *, streamed: bool
    ) -> Earlier:
        """The finished answer of the same request. Raises the refusal where there is none."""
        now = self._with.now()
        found = await earlier(caller, request, refusal, ceiling=self._replays, now=now, streamed=streamed)
        if found is None:
            note_refusal(self._with.decisions, self.directory, caller, request, refusal, now)
            raise refusal
        self._on_replay(request.task, beyond_rate=not isinstance(refusal, IdempotencyKeyTaken))
        return found

    def _admitted(self, caller: Principal, request: CallRequest, call: Call) -> None:
        if call.notices or self._with.decisions.is_sampled():
            note_admission(self._with.decisions, caller, request, call, self._with.now())

    def _abandon(self, call: Call, running: "asyncio.Task[Any]") -> None:
        """The caller has gone: let the work end within a deadline, or stop it now, as the policy says."""
        if call.policy.choice("on_disconnect", "drain") == "cancel":
            running.cancel()
        else:
            deadline = asyncio.get_running_loop().call_later(DRAIN_S, running.cancel)
            running.add_done_callback(lambda _: deadline.cancel())
