"""The only way to spend: vendor calls against a hold, each covered by it before it is sent.

Invariant: at any moment, what the attempts so far may cost is at most what is held. A settled attempt gives
its slack back; an ambiguous one (timeout, cut, cancelled) keeps its whole bound, so that a further call extends
the hold first, and is refused where there is no room.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import datetime

from metering.catalog.served import ServedModel
from metering.errors import BudgetExceeded, MeteringUnavailable, TransitionRefused, VendorError, VendorTimeout
from metering.ids import derived_id
from metering.ledger.commands import Attempt, Bound
from metering.ledger.port import Ledger
from metering.ports import AttemptFailed, Body, Usage, VendorAnswer, VendorCall, VendorChunk, Vendors
from metering.reservation.bound import BoundedCall
from metering.reservation.extend import enlarge
from metering.reservation.hold import Hold
from metering.reservation.record import attempt_of, estimate_of_answer
from metering.types import Outcome

CALL_TIMEOUT_S = 600.0
MAX_ATTEMPTS = 1000
"""The ledger's own bound on one reservation."""


class Allowance:
    """What one request may spend. Its attempts are what the reservation is settled with."""

    def __init__(
        self,
        *,
        hold: Hold,
        opening: tuple[Body, BoundedCall],
        model: ServedModel,
        bound: Callable[[Body], BoundedCall],
        ledger: Ledger,
        vendors: Vendors,
        now: Callable[[], datetime],
    ) -> None:
        """`opening` is the call that the hold was made for; `bound` measures any further one."""
        self._hold = hold
        self._opening = opening
        self._model = model
        self._bound = bound
        self._ledger = ledger
        self._vendors = vendors
        self._now = now
        self._free = hold.bound
        self._sequence = 1
        self._numbers = 0
        self._sealed = False
        self._covering = asyncio.Lock()
        self._running: set[_Running] = set()
        self.attempts: list[Attempt] = []
        self.vendor_s = 0.0
        """Time spent waiting for vendors."""

    def seal(self) -> tuple[Attempt, ...]:
        """Refuse everything from now on, and hand over the attempts for settlement.

        A call that an adapter left running counts as cancelled: it was sent, so it is charged.
        """
        self._sealed = True
        for attempt in list(self._running):
            attempt.ended(Outcome.CANCELLED)
        return tuple(sorted(self.attempts, key=lambda attempt: attempt.number))

    async def complete(self, body: Body) -> VendorAnswer:
        """One metered call.

        Raises what `bound_call` raises, BudgetExceeded where the hold cannot be extended to cover the call,
        MeteringUnavailable, VendorError and VendorTimeout.
        """
        call = await self._cover(body)
        attempt = _Running(self, call)
        try:
            answer = await self._vendors.complete(attempt.request)
        except AttemptFailed as failure:
            attempt.failed(failure)
            raise vendor_error(failure, self._model) from failure
        except BaseException:
            attempt.ended(Outcome.CANCELLED)
            raise
        attempt.response_model, attempt.usage, attempt.answer_bytes = (
            answer.model,
            answer.usage,
            len(answer.body),
        )
        attempt.ended(Outcome.OK)
        return answer

    async def stream(self, body: Body) -> AsyncGenerator[VendorChunk, None]:
        """One metered call, streamed. Raises as `complete` does. Close it to cancel the call upstream."""
        call = await self._cover(body)
        attempt = _Running(self, call)
        try:
            async with aclosing(self._vendors.stream(attempt.request)) as chunks:
                async for chunk in chunks:
                    attempt.saw(chunk)
                    yield chunk
        except AttemptFailed as failure:
            attempt.failed(failure)
            raise vendor_error(failure, self._model) from failure
        except BaseException:
            attempt.ended(Outcome.CANCELLED)
            raise
        attempt.ended(Outcome.OK)

    async def _cover(self, body: Body) -> BoundedCall:
        """The call with its bound, once the hold covers it. Calls side by side are covered one by one."""
        async with self._covering:
            if self._sealed or self._numbers >= MAX_ATTEMPTS:
                raise TransitionRefused("This allowance is spent.", reason="allowance_ended", state="ended")
            opening_body, opening = self._opening
            call = opening if body is opening_body else self._bound(body)
            missing = _beyond(call.bound, self._free)
            if missing is not None:
                await self._enlarge(missing)
            self._free = _minus(self._free, call.bound)
            return call

    async def _enlarge(self, missing: Bound) -> None:
        try:
            counted = await enlarge(
                ledger=self._ledger,
                hold=self._hold,
                by=missing,
                sequence=self._sequence,
                now=self._now(),
            )
        except BudgetExceeded:
            raise
        except (MeteringUnavailable, TransitionRefused, asyncio.CancelledError):
            self._sealed = True  # what is held now is not known here
            raise
        self._sequence += counted
        self._free = _plus(self._free, missing)


class _Running:
    """One attempt from just before it is sent until it is recorded, exactly once."""

    def __init__(self, allowance: Allowance, call: BoundedCall) -> None:
        self._allowance = allowance
        self._bound = call.bound
        self._started_at = allowance._now()
        self._started_s = time.monotonic()
        allowance._numbers += 1
        allowance._running.add(self)
        self._number = allowance._numbers
        self.response_model = ""
        self.usage: Usage | None = None
        self.answer_bytes = 0
        model = allowance._model
        self.request = VendorCall(
            provider_name=model.provider_name,
            model=model.physical_name,
            payload=call.payload,
            body=call.body,
            attempt_id=str(derived_id(allowance._hold.reservation_id, self._number)),
            timeout_s=CALL_TIMEOUT_S,
        )

    def saw(self, chunk: VendorChunk) -> None:
        self.response_model = self.response_model or chunk.model
        self.usage = chunk.usage or self.usage
        self.answer_bytes += len(chunk.data)

    def failed(self, failure: AttemptFailed) -> None:
        allowance = self._allowance
        if failure.sent or self._number != allowance._numbers:
            # Numbers have no gaps: an unsent attempt before one that runs already keeps its number.
            self.ended(failure.outcome)
            return
        allowance._running.discard(self)
        allowance._numbers -= 1
        allowance._free = _plus(allowance._free, self._bound)

    def ended(self, outcome: Outcome) -> None:
        """Record the attempt, and give back what it cannot have used. The first end counts."""
        allowance = self._allowance
        if self not in allowance._running:
            return
        allowance._running.discard(self)
        elapsed_s = time.monotonic() - self._started_s
        allowance.vendor_s += elapsed_s
        attempt = attempt_of(
            number=self._number,
            model=allowance._model,
            response_model=self.response_model,
            started_at=self._started_at,
            latency_ms=round(elapsed_s * 1000),
            outcome=outcome,
            usage=self.usage,
            otherwise=self._charged_without_usage(outcome),
        )
        allowance.attempts.append(attempt)
        allowance._free = _plus(allowance._free, _minus(self._bound, attempt))

    def _charged_without_usage(self, outcome: Outcome) -> Bound | None:
        if outcome is Outcome.ERROR:
            return None  # the vendor said no: it bills nothing
        if outcome is Outcome.OK:
            return estimate_of_answer(self._bound, self._allowance._model, self.answer_bytes)
        # Cut off: what was thought or cached upstream cannot be seen from here.
        return self._bound


def vendor_error(failure: AttemptFailed, model: ServedModel) -> VendorError:
    """The caller's error for a failed attempt."""
    if failure.outcome is Outcome.TIMEOUT:
        return VendorTimeout(
            f"{model.provider_name} did not answer in time.", retryable=True, status=failure.status
        )
    return VendorError(
        f"{model.provider_name} failed: {failure.message}",
        retryable=failure.retryable,
        status=failure.status,
    )


def _plus(first: Bound, second: Bound) -> Bound:
    return Bound(
        input_tokens=first.input_tokens + second.input_tokens,
        output_tokens=first.output_tokens + second.output_tokens,
        cost_nano_usd=first.cost_nano_usd + second.cost_nano_usd,
    )


def _minus(first: Bound, second: Bound | Attempt) -> Bound:
    """What is left of `first`, never below nothing: a vendor may report more than was held."""
    return Bound(
        input_tokens=max(0, first.input_tokens - second.input_tokens),
        output_tokens=max(0, first.output_tokens - second.output_tokens),
        cost_nano_usd=max(0, first.cost_nano_usd - second.cost_nano_usd),
    )


def _beyond(need: Bound, free: Bound) -> Bound | None:
    """What of `need` the hold does not cover; None: it covers all."""
    missing = _minus(need, free)
    return None if missing == Bound() else missing
