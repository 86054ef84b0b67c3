"""The only way to spend: vendor calls, search calls and files against a hold, each covered by it before it is sent.

Invariant: whenever an attempt is sent, what the attempts so far may cost is at most what is held. A settled attempt
gives its slack back; an ambiguous one (timeout, cut, cancelled) keeps its whole bound, so that a further one extends
the hold first, and is refused where there is no room. What a vendor reports beyond an attempt's bound is missing then
too. What is tried after a failure says tries.py.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from datetime import datetime
from typing import TypeVar

from msgspec.structs import replace

from metering.amounts import NOTHING, Amounts, total
from metering.catalog.served import ServedModel
from metering.errors import (
    LimitExceeded,
    MeteringUnavailable,
    TransitionRefused,
)
from metering.ledger.check import MAX_ATTEMPTS
from metering.ledger.commands import Attempt
from metering.ledger.port import Ledger
from metering.ports import AllowanceSpent, AttemptFailed, Body, VendorAnswer, VendorChunk, Vendors
from metering.reservation.bounded_call import BoundedCall, BoundedRequest
from metering.reservation.extend import enlarge
from metering.reservation.journal import Journal
from metering.reservation.no_room import NoRoom
from metering.reservation.reserve import Hold
from metering.reservation.running import IN_CHAT, RunningAttempt, RunningSearch, Spoken
from metering.reservation.silence import KeptBack, says_something
from metering.reservation.task_limits import NO_LIMITS, TaskLimits
from metering.reservation.task_usage import task_usage
from metering.reservation.tries import Tries, total_s
from metering.reservation.vendor_error import vendor_error
from metering.types import Outcome

T = TypeVar("T")
ONE_CALL, ONE_FILE = Amounts(api_calls=1), Amounts(files=1)


class Allowance:
    """What one request may spend. Its attempts are what the reservation is settled with."""

    def __init__(
        self,
        *,
        hold: Hold,
        opening: BoundedRequest,
        bound: Callable[[Body], BoundedRequest],
        name_denial: Callable[[NoRoom, datetime], LimitExceeded],
        ledger: Ledger,
        vendors: Vendors,
        now: Callable[[], datetime],
        journal: Journal | None = None,
        limits: TaskLimits = NO_LIMITS,
        input_limit: int = 0,
        count_tokens: Callable[[bytes], int] = len,
        meant_for: str = "",
        conversation: str | None = None,
        spoken: Spoken = IN_CHAT,
    ) -> None:
        """`opening` is the request that the hold was made for; `bound` measures any further one, and
        `name_denial` makes the error of one for which there is no room. `meant_for` names the model of the hold.

        `input_limit` is the largest input of one LLM call in tokens, as `count_tokens` estimates them.
        """
        self._hold = hold
        self._opening = opening
        self._meant_for = meant_for or opening.calls[0].model.name
        self._conversation = conversation
        self._spoken = spoken
        self.model = opening.calls[0].model
        """The one that was tried last."""
        self._bound = bound
        self._name_denial = name_denial
        self._ledger = ledger
        self._vendors = vendors
        self._now = now
        self._journal = journal
        self.input_limit = input_limit
        self._count_tokens = count_tokens
        self.steps_left = limits.steps
        self.api_calls_left = limits.api_calls
        self.files_left = limits.files
        self._free = hold.bound
        """What is held and not taken; below zero where attempts have used more than was taken for them."""
        self._sequence = 1
        self._numbers = 0
        self._sealed = False
        self._tries_no_more = False
        self._covering = asyncio.Lock()
        self._running: set[RunningAttempt | RunningSearch] = set()
        self.attempts: list[Attempt] = []
        self.vendor_s = 0.0
        """Time spent waiting for vendors."""

    @property
    def first_model(self) -> ServedModel:
        """The one that was to be tried first, whether or not anything could be sent there."""
        return self._opening.calls[0].model

    @property
    def id(self) -> str:
        """The reservation's id as text."""
        return str(self._hold.reservation_id)

    @property
    def attempts_begun(self) -> int:
        """How many attempts there were, with those that are under way."""
        return self._numbers

    def usage(self) -> dict[str, object]:
        """What was used so far. Attempts under way are not in it."""
        llm_calls = sum(not attempt.api_calls for attempt in self.attempts)
        return task_usage(total(tuple(self.attempts)), llm_calls)

    def has_spent(self) -> bool:
        """Whether an attempt that has ended may be billed."""
        return any(ended.input_tokens or ended.output_tokens or ended.api_calls for ended in self.attempts)

    def count_tokens(self, text: str) -> int:
        """About how many tokens a text has."""
        return self._count_tokens(text.encode("utf-8", "surrogatepass"))

    def seal(self) -> tuple[Attempt, ...]:
        """Refuse everything from now on, and hand over the attempts for settlement.

        A call that an adapter left running counts as cancelled: if it was sent, it is charged.
        """
        self._sealed = True
        for running in sorted(self._running, key=lambda each: each.number, reverse=True):
            self._broke_off(running)
        return tuple(sorted(self.attempts, key=lambda attempt: attempt.number))

    def try_no_more(self) -> None:
        """Nobody waits for the answer any more: what is under way may end, and is not tried again."""
        self._tries_no_more = True

    async def complete(self, body: Body) -> VendorAnswer:
        """One metered call.

        Raises what `bound_request` raises, AllowanceSpent beyond the task's steps, BudgetExceeded where the hold cannot
        be extended to cover the call, MeteringUnavailable, RefusedByVendor, VendorError and VendorTimeout.
        """
        request = self._bounded(body)
        ends_at_s = time.monotonic() + total_s(request.calls[0].model)
        running = await self._first(request, ends_at_s)
        tries: Tries | None = None
        while True:
            try:
                await self._note_begun(running)
                answer = await self._vendors.complete(running.request)
            except AttemptFailed as failure:
                tries = tries or Tries(request.calls, ends_at_s=ends_at_s)
                running = await self._again(running, failure, tries, ends_at_s)
            except BaseException:
                self._broke_off(running)
                raise
            else:
                running.saw_answer(answer)
                await self._note_ended(self._ended(running, Outcome.OK))
                return answer

    async def stream(self, body: Body) -> AsyncGenerator[VendorChunk, None]:
        """One metered call, streamed. Raises as `complete` does. Close it to cancel the call upstream.

        Another attempt is made until a chunk says something: the chunks before that are kept back while there is
        anything else to try. Once a chunk brings the usage the attempt has ended, so that `usage` has its cost.
        """
        request = self._bounded(body)
        ends_at_s = time.monotonic() + total_s(request.calls[0].model)
        running = await self._first(request, ends_at_s)
        tries = Tries(request.calls, ends_at_s=ends_at_s)
        said = False
        while True:
            kept = KeptBack()
            ended: Attempt | None = None
            try:
                await self._note_begun(running)
                async with aclosing(self._vendors.stream(running.request)) as chunks:
                    async for chunk in chunks:
                        running.saw_chunk(chunk)
                        if chunk.usage is not None:
                            ended = self._ended(running, Outcome.OK)
                        if said:
                            yield chunk
                            continue
                        kept.add(chunk)
                        if tries.may_go_on and not (kept.is_full or says_something(chunk)):
                            continue
                        said = True
                        for each in kept.chunks:
                            yield each
                        kept.chunks.clear()
                if not said:
                    for each in kept.chunks:
                        yield each
            except AttemptFailed as failure:
                running = await self._again(running, failure, None if said else tries, ends_at_s)
            except BaseException:
                self._broke_off(running)
                raise
            else:
                await self._note_ended(ended or self._ended(running, Outcome.OK))
                return

    async def call_api(self, service: str, send: Callable[[], Awaitable[T]]) -> T:
        """One metered request to a search service, which `send` sends once. It counts whatever comes of it, because the
        service counts it too.

        Raises what `send` raises, AllowanceSpent, BudgetExceeded and MeteringUnavailable.
        """
        async with self._covering:
            if self.api_calls_left < 1:
                raise AllowanceSpent("The task has made all the search calls that it may make.")
            await self._cover_amounts(ONE_CALL)
            self.api_calls_left -= 1
            self._numbers += 1
            running = RunningSearch(number=self._numbers, service=service, now=self._now())
            self._running.add(running)
        try:
            await self._note_begun(running)
            running.was_sent = True
            answer = await send()
        except Exception:
            if running.was_sent:
                await self._note_ended(self._ended(running, Outcome.ERROR))
            else:
                self._never_sent(running)
            raise
        except BaseException:
            self._broke_off(running)
            raise
        await self._note_ended(self._ended(running, Outcome.OK))
        return answer

    async def add_file(self) -> None:
        """Count one file, which the last LLM call brought.

        Raises AllowanceSpent, BudgetExceeded and MeteringUnavailable.
        """
        async with self._covering:
            brought = [place for place, attempt in enumerate(self.attempts) if attempt.steps]
            if self.files_left < 1 or not brought:
                raise AllowanceSpent("The task has handed out all the files that it may.")
            await self._cover_amounts(ONE_FILE)
            self.files_left -= 1
            last = self.attempts[brought[-1]]
            self.attempts[brought[-1]] = replace(last, files=last.files + 1)
            await self._note_ended(self.attempts[brought[-1]])

    def _bounded(self, body: Body) -> BoundedRequest:
        return self._opening if body is self._opening.asked else self._bound(body)

    async def _first(self, request: BoundedRequest, ends_at_s: float) -> RunningAttempt:
        """Cover a call at its first model, and make the first attempt."""
        return self._start(await self._cover(request.calls[0]), ends_at_s, untried=len(request.calls) - 1)

    async def _again(
        self, running: RunningAttempt, failure: AttemptFailed, tries: Tries | None, ends_at_s: float
    ) -> RunningAttempt:
        """The next attempt. Raises the failure as the caller's error where there is none, and where none can be paid.

        `tries` is None where the caller has a part of the answer already. Nor is there a next one where nobody waits.
        """
        await self._note_failed(running, failure)
        if tries is None or self._tries_no_more:
            raise vendor_error(failure, running.model) from failure
        following = tries.after(failure)
        while following is not None:
            if following.pause_s:
                await asyncio.sleep(following.pause_s)
            if self._tries_no_more:
                break
            try:
                call = await self._cover(following.call)
            except LimitExceeded:
                following = tries.another()
            except (TransitionRefused, AllowanceSpent, MeteringUnavailable):
                break  # what has failed counts: it may be billed
            else:
                if self._tries_no_more:
                    self._uncover(call)
                    break
                return self._start(call, ends_at_s, untried=tries.untried)
        raise tries.error() from failure

    async def _cover(self, call: BoundedCall) -> BoundedCall:
        """The call, once the hold covers it. Calls side by side are covered one by one."""
        async with self._covering:
            if self.steps_left < 1:
                raise AllowanceSpent("The task has made all the LLM calls that it may make.")
            await self._cover_amounts(call.bound)
            self.steps_left -= 1
            return call

    def _uncover(self, call: BoundedCall) -> None:
        """Take back what covers a call that is not made after all."""
        self._free = self._free + call.bound
        self.steps_left += 1

    async def _cover_amounts(self, bound: Amounts) -> None:
        """Take amounts from what is held and free, and hold what is missing of them first."""
        self._refuse_if_sealed()
        missing = bound.beyond(self._free)
        if missing is not NOTHING and missing != NOTHING:
            await self._enlarge(missing)
            self._refuse_if_sealed()
        self._free = self._free.beyond(bound)

    def _refuse_if_sealed(self) -> None:
        if self._sealed or self._numbers >= MAX_ATTEMPTS:
            raise TransitionRefused("This allowance is spent.", reason="allowance_ended", state="ended")

    async def _enlarge(self, missing: Amounts) -> None:
        try:
            counted = await enlarge(
                ledger=self._ledger,
                hold=self._hold,
                by=missing,
                sequence=self._sequence,
            )
        except (MeteringUnavailable, TransitionRefused, asyncio.CancelledError):
            self._sealed = True  # what is held now is not known here
            raise
        if isinstance(counted, NoRoom):
            raise self._name_denial(counted, self._now())
        self._sequence += counted
        self._free = self._free + missing

    def _start(self, call: BoundedCall, ends_at_s: float, *, untried: int) -> RunningAttempt:
        self._numbers += 1
        self.model = call.model
        attempt = RunningAttempt(
            number=self._numbers,
            reservation_id=self._hold.reservation_id,
            call=call,
            meant_for=self._meant_for,
            ends_at_s=ends_at_s,
            untried=untried,
            conversation=self._conversation,
            spoken=self._spoken,
            now=self._now(),
        )
        self._running.add(attempt)
        return attempt

    async def _note_failed(self, running: RunningAttempt, failure: AttemptFailed) -> None:
        if failure.sent:
            running.saw_failure(failure.usage)
            attempt = self._ended(running, failure.outcome)
            if attempt is not None and not attempt.steps:
                self.steps_left += 1  # it brought nothing and costs nothing
            await self._note_ended(attempt)
            return
        kept = self._never_sent(running)
        await self._note_ended(kept)
        if self._journal is not None and kept is None:
            await self._journal.never_sent(self._hold.reservation_id, running.number)

    async def _note_begun(self, running: RunningAttempt | RunningSearch) -> None:
        if self._journal is not None:
            await self._journal.begun(self._hold.reservation_id, running.as_attempt(Outcome.CANCELLED))

    async def _note_ended(self, attempt: Attempt | None) -> None:
        if self._journal is not None and attempt is not None:
            await self._journal.ended(self._hold.reservation_id, attempt)

    def _broke_off(self, running: RunningAttempt | RunningSearch) -> None:
        """It was cut off from this side, before the vendor can have seen it or after."""
        if running.was_sent:
            self._ended(running, Outcome.CANCELLED)
        else:
            self._never_sent(running)

    def _never_sent(self, running: RunningAttempt | RunningSearch) -> Attempt | None:
        """It leaves no row. Numbers have no gaps: one before another that runs keeps its number, and costs nothing."""
        if running not in self._running:
            return None
        if isinstance(running, RunningSearch):
            self.api_calls_left += 1
        else:
            self.steps_left += 1
        if running.number != self._numbers:
            return self._ended(running, Outcome.ERROR)
        self._running.discard(running)
        self._numbers -= 1
        self._free = self._free + running.bound
        return None

    def _ended(self, running: RunningAttempt | RunningSearch, outcome: Outcome) -> Attempt | None:
        """Record the attempt, and take back what it cannot have used; what it used beyond its bound is missing from now
        on, until the hold is extended by it. The first end counts: None for another one.
        """
        if running not in self._running:
            return None
        self._running.discard(running)
        self.vendor_s += running.elapsed_s
        attempt = running.as_attempt(outcome)
        self.attempts.append(attempt)
        self._free = self._free + (running.bound - attempt)
        return attempt
