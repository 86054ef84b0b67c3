"""A caller's own jobs, and what is in them."""

from typing import Any
from uuid import UUID

import msgspec
from django.db.models import QuerySet
from django.db.models.functions import Now

from metering.amounts import COLUMNS, Amounts
from metering.errors import NotFound
from metering.identity.principal import Principal
from metering.ids import derived_id
from metering.jobs.owner import is_of
from metering.ledger.commands import Attempt
from metering.models import TaskJob, TaskJobAttempt, UsageLog, UsageReservation
from metering.reservation.task_usage import task_usage
from metering.seal import unseal
from metering.types import Outcome, ReservationState


def own_jobs(caller: Principal) -> QuerySet[TaskJob]:
    """Those that this person, or else this token, asked for. What is in them is secret from everybody else.

    What has expired is not there, whether or not it is forgotten yet.
    """
    return TaskJob.objects.filter(is_of(caller), expires_at__gt=Now())


def own_job(caller: Principal, pk: UUID) -> TaskJob:
    """Raises NotFound for one that is missing or somebody else's, in the same words."""
    job = own_jobs(caller).filter(pk=pk).first()
    if job is None:
        raise NotFound(f"There is no job {pk}.")
    return job


def opened(sealed: bytes | memoryview) -> Any:
    """What was sealed with a job: its input. Raises CannotOpen."""
    return msgspec.msgpack.decode(unseal(bytes(sealed)))


def attempts_of(job: TaskJob, reservation_id: UUID | None = None) -> list[Attempt]:
    """The attempts that the job's runners noted, of one reservation or of all."""
    return [attempt for _, attempt in _noted(job, reservation_id)]


def usage_of(job: TaskJob) -> dict[str, object]:
    """What all runs of the job have used so far, in the shape of CONTRACTS.

    Of a run that has ended it is what the usage log has, of one under way what its runner noted of calls that have
    ended. What a call uses that is out is not known yet.
    """
    noted = _noted(job)
    runs = {reservation_id for reservation_id, _ in noted}
    ended = UsageReservation.objects.filter(pk__in=runs).exclude(state=ReservationState.HELD)
    in_the_log = set(ended.values_list("pk", flat=True))
    ids = [derived_id(run, attempt.number) for run, attempt in noted if run in in_the_log]
    rows = UsageLog.objects.filter(pk__in=ids).values(*COLUMNS)
    under_way = [
        attempt
        for run, attempt in noted
        if run not in in_the_log and (job.has_ended or attempt.outcome is not Outcome.CANCELLED)
    ]
    facts = [*rows, *({name: getattr(attempt, name) for name in COLUMNS} for attempt in under_way)]
    used = Amounts(**{name: sum(row[name] for row in facts) for name in COLUMNS})
    return task_usage(used, llm_calls=sum(not row["api_calls"] for row in facts))


def _noted(job: TaskJob, reservation_id: UUID | None = None) -> list[tuple[UUID, Attempt]]:
    rows = TaskJobAttempt.objects.filter(job=job)
    if reservation_id is not None:
        rows = rows.filter(reservation_id=reservation_id)
    found = rows.order_by("reservation_id", "number").values_list("reservation_id", "attempt")
    return [(run, msgspec.msgpack.decode(bytes(content), type=Attempt)) for run, content in found]
