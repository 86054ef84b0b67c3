"""A job's attempts are noted in the database, so that a run whose process was killed can be settled.

Invariant: nothing is sent for a job by a runner that has lost it. A runner that was frozen past its lease, and goes on,
is refused here before its next call.
"""

from uuid import UUID

import msgspec

from metering.errors import MeteringUnavailable
from metering.jobs.brief import brief_transaction
from metering.jobs.find import attempts_of
from metering.jobs.lease import mine
from metering.ledger.commands import Attempt, Release, Settle
from metering.ledger.port import Ledger
from metering.models import TaskJob, TaskJobAttempt
from metering.orm import in_database_thread
from metering.reservation.persist import submit_until

CLOSE_DEADLINE_S = 60.0


class JobJournal:
    """Implements the Journal port."""

    def __init__(self, job: TaskJob) -> None:
        self._job = job

    async def begun(self, reservation_id: UUID, if_lost: Attempt) -> None:
        """Raises MeteringUnavailable if the job is not this runner's any more, or its owner wants no more of it."""
        await in_database_thread(self._note_begun, reservation_id, if_lost)

    async def never_sent(self, reservation_id: UUID, number: int) -> None:
        await in_database_thread(self._forget, reservation_id, number)

    async def ended(self, reservation_id: UUID, attempt: Attempt) -> None:
        await in_database_thread(self._note, reservation_id, attempt)

    def _note_begun(self, reservation_id: UUID, if_lost: Attempt) -> None:
        with brief_transaction():
            if not mine(self._job).filter(is_cancelled=False).select_for_update().exists():
                raise MeteringUnavailable("The job was taken away from its runner.")
            self._write(reservation_id, if_lost)

    def _forget(self, reservation_id: UUID, number: int) -> None:
        TaskJobAttempt.objects.filter(reservation_id=reservation_id, number=number).delete()

    def _note(self, reservation_id: UUID, attempt: Attempt) -> None:
        with brief_transaction():
            self._write(reservation_id, attempt)

    def _write(self, reservation_id: UUID, attempt: Attempt) -> None:
        TaskJobAttempt.objects.update_or_create(
            reservation_id=reservation_id,
            number=attempt.number,
            defaults={"job": self._job, "attempt": msgspec.msgpack.encode(attempt)},
        )


async def end_lost_run(ledger: Ledger, job: TaskJob, *, deadline_s: float = CLOSE_DEADLINE_S) -> None:
    """End the reservation of a run that was lost: settled with what was noted of it, or released if that is nothing.

    Harmless for one that has ended: what was charged provisionally is replaced by the truth. Raises
    MeteringUnavailable.
    """
    if job.reservation_id is None:
        return
    attempts = tuple(await in_database_thread(attempts_of, job, job.reservation_id))
    command = (
        Settle(reservation_id=job.reservation_id, attempts=attempts)
        if attempts
        else Release(
            reservation_id=job.reservation_id, tenant_id=job.tenant_id, reason="the job's runner was lost"
        )
    )
    await submit_until(ledger, command, deadline_s=deadline_s)
