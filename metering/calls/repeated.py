"""Answer a repeated request with what the first one brought: nothing is held, sent or charged.

The ledger finds a key's first call, after every other check. A rate limit says no before that, so for a keyed request
that it denies the first call is looked for: what is finished costs no vendor anything, and whoever may not ask anything
new may still learn what became of what was asked. The ceiling keeps a flood of such requests off the database.
"""

import asyncio
import logging
import time
from datetime import datetime
from uuid import UUID

from django.db import InterfaceError, OperationalError

from metering.background import BackgroundTasks
from metering.calls.begin import CallRequest
from metering.calls.collaborators import Collaborators
from metering.calls.pipe import MeteredStream, Pipe
from metering.calls.record import note_refusal
from metering.calls.values import Facts, ReplayObserver, Result
from metering.errors import (
    IdempotencyKeyTaken,
    IdempotencyMismatch,
    MeteringError,
    MeteringUnavailable,
    OverRateCapacity,
    RateLimited,
)
from metering.idempotency.find_holder import find_holder
from metering.idempotency.recall import recall_answer
from metering.idempotency.recording import FinishedAnswer
from metering.identity.principal import Principal
from metering.orm import in_database_thread
from metering.rates.port import Draw
from metering.rates.process_buckets import ProcessBuckets
from metering.types import EnforcementMode

logger = logging.getLogger(__name__)
LOOKED_FOR_PER_MINUTE = 120
"""First calls that a process looks for, of one caller, while a rate limit denies what it asks."""


class Earlier:
    """The finished answer of a request's first call."""

    def __init__(self, holder: UUID, answer: FinishedAnswer) -> None:
        self._holder = holder
        self._answer = answer
        self._started_s = time.monotonic()

    def whole(self) -> Result:
        """The whole answer again. Raises the first call's VendorError."""
        if self._answer.failure is not None:
            raise self._answer.failure.as_error()
        return Result(output=b"".join(self._answer.parts()), facts=self._facts())

    async def stream(self, background: BackgroundTasks) -> tuple[Facts, MeteredStream]:
        """The stream's events again, as fast as they are read."""
        answer, pipe = self._answer, Pipe()

        async def pump() -> None:
            for event in answer.parts():
                await pipe.put(event)
            pipe.end(answer.failure.as_error() if answer.failure is not None else None)

        background.spawn(pump(), name="call.replay")
        try:
            await pipe.ready()
        except asyncio.CancelledError:
            pipe.abandon()
            raise
        return self._facts(), MeteredStream(pipe, on_abandon=lambda: None)

    def _facts(self) -> Facts:
        return Facts(
            reservation_id=self._holder,
            model=self._answer.model,
            provider_name=self._answer.provider_name,
            mode=EnforcementMode(self._answer.mode),
            attempts=(),
            overhead_ms=(time.monotonic() - self._started_s) * 1000,
            remaining={},
            replayed=True,
        )


class Repeated:
    """Looks for the first calls of refused requests. One for each gateway."""

    def __init__(self, with_: Collaborators, on_replay: ReplayObserver) -> None:
        self._with = with_
        self._on_replay = on_replay
        self._ceiling = ProcessBuckets()
        """How many first calls were looked for, of whom."""

    async def answer(
        self, caller: Principal, request: CallRequest, refusal: MeteringError, *, streamed: bool
    ) -> Earlier:
        """The finished answer of the same request. Raises the refusal, which is noted, where there is none;
        IdempotencyMismatch where its key belongs to another request; and MeteringUnavailable where the ledger knows
        its first call, but the answer cannot be read now.
        """
        now = self._with.now()
        found = await self._find(caller, request, refusal, now=now, streamed=streamed)
        if found is None:
            note_refusal(self._with.decisions, self._with.directory, caller, request, refusal, now)
            try:
                raise refusal
            finally:
                del refusal  # its traceback leads back here: a circle would be left to the collector
        self._on_replay(request.task, beyond_rate=not isinstance(refusal, IdempotencyKeyTaken))
        return found

    async def _find(
        self,
        caller: Principal,
        request: CallRequest,
        refusal: MeteringError,
        *,
        now: datetime,
        streamed: bool,
    ) -> Earlier | None:
        try:
            holder = await self._holder(caller, request, refusal)
            if holder is None:
                return None
            answer = await in_database_thread(recall_answer, reservation_id=holder, now=now)
        except (OperationalError, InterfaceError) as error:
            if isinstance(refusal, IdempotencyKeyTaken):
                raise MeteringUnavailable("The database cannot be reached.") from error
            logger.warning("replay.not_looked_for", extra={"error": type(error).__name__})
            return None
        if answer is None:
            return None
        if answer.streamed is not streamed:
            form = "as a stream" if answer.streamed else "whole"
            raise IdempotencyMismatch(
                f"This Idempotency-Key was used with a request that was answered {form}; ask for that again."
            )
        return Earlier(holder, answer)

    async def _holder(self, caller: Principal, request: CallRequest, refusal: MeteringError) -> UUID | None:
        if isinstance(refusal, IdempotencyKeyTaken):
            return refusal.holder
        if request.idempotency is None or not isinstance(refusal, RateLimited | OverRateCapacity):
            return None
        place = Draw(f"{caller.user_id or caller.token_id}", 1, LOOKED_FOR_PER_MINUTE)
        if not self._ceiling.take_now((place,)).granted:
            return None
        return await in_database_thread(find_holder, tenant_id=caller.tenant_id, key=request.idempotency)
