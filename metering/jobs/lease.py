"""Who works on a job: one runner at a time, for as long as it renews its lease.

The lease is kept by the database's clock. A runner that was killed loses it by time; one that was frozen finds, when it
goes on, that the job is not its own any more.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import DurationField, ExpressionWrapper, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Now

from metering.ids import uuid7
from metering.jobs.brief import brief_transaction
from metering.models import TaskJob

MAX_RUNS = 3
"""A job whose runner was lost so often fails: it may be what kills them."""
Status = TaskJob.Status


def lease() -> timedelta:
    """How long a runner has a job without a sign of life."""
    return timedelta(seconds=settings.JOB_LEASE_S)


def claim(job_id: UUID, runner: UUID) -> TaskJob | None:
    """The job, if it is due and nobody works on it: from now on `runner` does.

    `reservation_id` is still that of the run before; None in the first.
    """
    free = Q(status=Status.QUEUED, not_before__lte=Now()) | Q(status=Status.RUNNING, leased_until__lt=Now())
    with brief_transaction():
        # Who has the row locked is busy with it: nobody waits for that.
        unlocked = TaskJob.objects.filter(free, pk=job_id).select_for_update(skip_locked=True)
        claimed = TaskJob.objects.filter(pk__in=list(unlocked.values_list("pk", flat=True))).update(
            status=Status.RUNNING,
            runner=runner,
            leased_until=_from_now(lease()),
            runs=F("runs") + 1,
            started_at=Coalesce("started_at", Now()),
        )
    return TaskJob.objects.filter(pk=job_id, runner=runner).first() if claimed else None


def begin_run(job: TaskJob) -> bool:
    """Give the run a reservation's id of its own, before anything is reserved; False if the job is somebody else's."""
    job.reservation_id = uuid7()
    return bool(mine(job).update(reservation_id=job.reservation_id))


def renew(job: TaskJob) -> bool:
    """Begin the lease anew; False if the job is not this runner's any more, or its owner wants no more of it."""
    return bool(mine(job).filter(is_cancelled=False).update(leased_until=_from_now(lease())))


def put_back(job: TaskJob, *, wait: timedelta, was_a_run: bool) -> None:
    """Let the job wait for another try. What was no run is not counted as one."""
    mine(job).update(
        status=Status.QUEUED,
        runner=None,
        leased_until=None,
        runs=F("runs") - (0 if was_a_run else 1),
        not_before=_from_now(wait),
    )


def due_jobs(limit: int) -> list[UUID]:
    """Jobs that somebody should take on: due, or left by a runner that was lost."""
    due = Q(status=Status.QUEUED, not_before__lte=Now()) | Q(status=Status.RUNNING, leased_until__lt=Now())
    return list(TaskJob.objects.filter(due).order_by("not_before").values_list("pk", flat=True)[:limit])


def mine(job: TaskJob) -> QuerySet[TaskJob]:
    """The job's row, as long as its runner has it."""
    return TaskJob.objects.filter(pk=job.pk, status=Status.RUNNING, runner=job.runner)


def _from_now(span: timedelta) -> "ExpressionWrapper[Any]":
    return ExpressionWrapper(
        Now() + Value(span, output_field=DurationField()), output_field=Now().output_field
    )
