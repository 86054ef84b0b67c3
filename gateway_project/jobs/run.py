"""Work on one job.

1. Claim it: from here on its lease says that this runner has it, and is renewed while the work goes on.
2. Close the books of the run before, if its runner was lost.
3. Do the work through the gateway, under a reservation's id that the job's row has already, and write down what it
   tells. A full limit that opens soon puts the job back, and so does the end of this worker. So does a ledger that is
   away, at the second step too: a run that has spent nothing is not counted as one. A fault of our own code fails it.
4. End it. Whoever has lost the lease meanwhile stops its calls and writes nothing more.

The result is kept as soon as it is there: who takes on a job whose runner was lost after that only has to say so.
"""

import asyncio
import logging
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError

from gateway_project.http.errors import Internal, error_body
from gateway_project.jobs import closing
from metering.calls.begin import CallRequest
from metering.calls.pipe import MeteredStream
from metering.calls.streaming import BROKEN
from metering.errors import (
    BudgetReserved,
    ConcurrencyExceeded,
    LimitExceeded,
    MeteringError,
    MeteringUnavailable,
    RateLimited,
)
from metering.gateway import LLMGateway
from metering.identity.identify_again import identify_again
from metering.ids import uuid7
from metering.jobs.end import end_job, event, keep_result, problem, tell
from metering.jobs.find import attempts_of, opened
from metering.jobs.journal import CLOSE_DEADLINE_S, JobJournal, end_lost_run
from metering.jobs.lease import MAX_RUNS, begin_run, claim, lease, put_back, renew
from metering.ledger.port import Ledger
from metering.models import TaskJob
from metering.orm import in_database_thread
from metering.seal import CannotOpen
from metering.types import Task

WAITS = (ConcurrencyExceeded, RateLimited, BudgetReserved, MeteringUnavailable)
"""Refusals that end by themselves: the job waits and tries again."""
LONGEST_WAIT = timedelta(hours=1)
"""Since the job was created; then it fails with what it waits for."""
RETRY_S = range(1, 31)
AWAY = timedelta(seconds=5)
"""Until a ledger that was away is asked again."""
RENEW_S = 2.0
"""How soon a runner sees that it shall stop, at the latest."""
LOOKS = 4
"""In one lease, at least."""
FLUSH_S = 0.5
"""Deltas are written down together, this often."""
Status = TaskJob.Status
logger = logging.getLogger(__name__)


async def run_job(
    gateway: LLMGateway, ledger: Ledger, job_id: UUID, *, close_deadline_s: float = CLOSE_DEADLINE_S
) -> None:
    """Work on the job until it has ended, or was put back. Does nothing where somebody else works on it. The ledger has
    `close_deadline_s` to close the books of a lost run.

    Raises django.db.Error; the job is then taken on by another runner when its lease is over.
    """
    job = await in_database_thread(claim, job_id, uuid7())
    if job is None:
        return
    logger.info("job.begun", extra={"job_id": str(job.pk), "task": job.task, "run": job.runs})
    run = _Run(gateway, ledger, job, close_deadline_s)
    keeping = asyncio.create_task(run.keep_lease(), name="job.lease")
    try:
        await run.work()
    finally:
        run.break_off()
        keeping.cancel()


class _Run:
    def __init__(self, gateway: LLMGateway, ledger: Ledger, job: TaskJob, close_deadline_s: float) -> None:
        self._gateway = gateway
        self._ledger = ledger
        self._job = job
        self._close_deadline_s = close_deadline_s
        self._stream: MeteredStream | None = None
        self._is_broken_off = False

    def break_off(self) -> None:
        """Stop what still runs, now or as soon as it has begun."""
        self._is_broken_off = True
        if self._stream is not None:
            self._stream.stop()

    async def keep_lease(self) -> None:
        """Renew the lease until it is refused or may be over, or this worker ends; then break the work off."""
        lease_s = lease().total_seconds()
        look_s = min(RENEW_S, lease_s / LOOKS)
        asked_s = time.monotonic()
        ends_s = asked_s + lease_s - look_s
        while not closing.is_grace_over() and time.monotonic() < ends_s:
            await asyncio.sleep(asked_s + look_s - time.monotonic())
            asked_s = time.monotonic()
            try:
                # A database that is slow is waited for as long as the lease lasts: asking again would only slow it.
                async with asyncio.timeout(ends_s - asked_s):
                    if not await in_database_thread(renew, self._job):
                        break
                ends_s = asked_s + lease_s - look_s
            except (DatabaseError, TimeoutError) as error:
                logger.warning("job.not_renewed", extra={"error": type(error).__name__})
        self.break_off()

    async def work(self) -> None:
        job = self._job
        try:
            await end_lost_run(self._ledger, job, deadline_s=self._close_deadline_s)
        except MeteringUnavailable:
            await in_database_thread(put_back, job, wait=AWAY, was_a_run=False)
            return
        if job.is_cancelled:
            await self._end(Status.CANCELLED, event=event("cancelled"))
        elif job.result is not None:  # its runner was lost when all was done
            await self._end(Status.SUCCEEDED, event=event("succeeded"))
        elif job.runs > MAX_RUNS:
            await self._fail(
                problem("job_lost", f"The job was begun {MAX_RUNS} times, and each runner was lost.")
            )
        elif await in_database_thread(begin_run, job):
            try:
                await self._run()
            except (MeteringError, CannotOpen) as error:
                await self._stopped_by(error)
            except (InterfaceError, OperationalError):
                raise
            except Exception as fault:  # another run would meet it too, and be paid for
                logger.error("job.broke", exc_info=fault, extra={"job_id": str(job.pk)})
                await self._stopped_by(Internal(BROKEN))

    async def _run(self) -> None:
        """Raises MeteringError where there is no result, and CannotOpen."""
        job = self._job
        caller = await in_database_thread(
            identify_again,
            token_id=job.token_id,
            user_id=job.user_id,
            team_id=job.team_id,
            now=datetime.now(UTC),
        )
        request = CallRequest(
            task=Task(job.task),
            input=opened(job.content),
            request_id=job.request_id,
            reservation_id=job.reservation_id,
            work_id=str(job.pk),
            journal=JobJournal(job),
            may_wait=False,
            **job.labels,
        )
        # With patience it returns before the first event, and so can be broken off in the first call too.
        _, self._stream = await self._gateway.stream(caller, request, patience_s=FLUSH_S)
        if self._is_broken_off:
            self._stream.stop()
        has_result = False
        writer = _Writer(job)
        async for told in self._stream:
            facts: dict[str, Any] = msgspec.json.decode(told) if told else {}
            if facts.get("event") == "result":
                has_result = await in_database_thread(keep_result, job, told)
            elif facts:
                await writer.add(told, facts)
            else:
                await writer.flush()
        await writer.flush()
        if not has_result:
            raise MeteringUnavailable("The work ended without a result.")
        await self._end(Status.SUCCEEDED, event=event("succeeded"))

    async def _stopped_by(self, error: MeteringError | CannotOpen) -> None:
        if not await in_database_thread(renew, self._job):
            # Its owner has cancelled it; or it is another runner's now, and then this does nothing.
            await self._end(Status.CANCELLED, event=event("cancelled"))
        elif isinstance(error, CannotOpen):
            await self._fail(problem("job_unreadable", "The key that the job was sealed with is gone."))
        elif self._is_broken_off and closing.is_grace_over():
            await in_database_thread(put_back, self._job, wait=timedelta(0), was_a_run=False)
        elif isinstance(error, WAITS):
            await self._wait(error)
        else:
            await self._fail(error_body(error, self._job.request_id)["error"])

    async def _wait(self, busy: MeteringError) -> None:
        """Put the job back. What a run has paid for is not paid for again because of a limit; one that has paid for
        nothing is not counted as a run.
        """
        is_refusal = isinstance(busy, LimitExceeded)
        has_spent = await in_database_thread(attempts_of, self._job, self._job.reservation_id)
        if (is_refusal and has_spent) or datetime.now(UTC) - self._job.created_at > LONGEST_WAIT:
            await self._fail(error_body(busy, self._job.request_id)["error"])
            return
        asked_s = busy.retry_after_s if isinstance(busy, LimitExceeded) else 1
        wait = timedelta(seconds=max(RETRY_S.start, min(asked_s, RETRY_S.stop - 1)))
        await in_database_thread(put_back, self._job, wait=wait, was_a_run=bool(has_spent))

    async def _fail(self, error: dict[str, Any]) -> None:
        logger.info("job.failed", extra={"job_id": str(self._job.pk), "code": error["code"]})
        await self._end(Status.FAILED, error=error, event=event("failed", error=error))

    async def _end(self, status: TaskJob.Status, **facts: Any) -> None:
        if await in_database_thread(end_job, self._job, status, **facts):
            logger.info("job.ended", extra={"job_id": str(self._job.pk), "status": str(status)})


class _Writer:
    """Writes events down: deltas of one text as one, all else at once."""

    def __init__(self, job: TaskJob) -> None:
        self._job = job
        self._events: list[bytes] = []
        self._last: dict[str, Any] = {}
        self._progress: int | None = None
        self._written_s = time.monotonic()

    async def add(self, told: bytes, facts: dict[str, Any]) -> None:
        if not self._has_joined(facts):
            self._events.append(told)
            self._last = facts
        if isinstance(progress := facts.get("progress"), int):
            self._progress = progress
        if facts.get("event") != "delta" or time.monotonic() - self._written_s >= FLUSH_S:
            await self.flush()

    async def flush(self) -> None:
        events, self._events, self._last = self._events, [], {}
        self._written_s = time.monotonic()
        if events:
            await in_database_thread(tell, self._job, events, progress=self._progress)

    def _has_joined(self, facts: dict[str, Any]) -> bool:
        """Whether it goes on with the text of the event before, and has been put to it."""
        last = self._last
        if facts.get("event") != "delta" or last | {"text": ""} != facts | {"text": ""}:
            return False
        last["text"] += facts["text"]
        self._events[-1] = msgspec.json.encode(last)
        return True
