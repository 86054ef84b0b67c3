"""The ends of a job, and what it tells on the way. Only its runner may; another one's words go nowhere."""

from collections.abc import Iterable
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Max, Q
from django.db.models.functions import Now

from metering.jobs.lease import mine
from metering.models import TaskJob, TaskJobEvent
from metering.seal import seal

MAX_EVENTS = 10_000
Status = TaskJob.Status


def tell(job: TaskJob, events: Iterable[bytes], *, progress: int | None = None) -> bool:
    """Append events (JSON) for whoever listens; False if the job is not this runner's any more."""
    with transaction.atomic():
        if not mine(job).select_for_update().exists():
            return False
        _append(job, events)
        if progress is not None:
            mine(job).update(progress=progress)
    return True


def end_job(
    job: TaskJob,
    status: TaskJob.Status,
    *,
    result: bytes | None = None,
    error: dict[str, Any] | None = None,
    event: bytes | None = None,
) -> bool:
    """End the job with a last event; False if it is not this runner's any more."""
    with transaction.atomic():
        if not mine(job).select_for_update().exists():
            return False
        _append(job, [event] if event is not None else [])
        ended: dict[str, Any] = {"status": status, "error": error, "ended_at": Now(), "leased_until": None}
        if result is not None:
            ended |= {"result": seal(result), "progress": 100}
        mine(job).update(**ended)
    return True


def cancel_job(job: TaskJob) -> None:
    """Its owner wants no more of it: one that waits ends at once, one that runs when its runner sees it."""
    waiting = Q(status=Status.QUEUED)
    TaskJob.objects.filter(waiting, pk=job.pk).update(
        status=Status.CANCELLED, is_cancelled=True, ended_at=Now()
    )
    TaskJob.objects.filter(pk=job.pk, status=Status.RUNNING).update(is_cancelled=True)


def events_after(job: TaskJob, number: int, limit: int = 500) -> list[tuple[int, bytes]]:
    """The sealed events that follow this one, in order."""
    rows = TaskJobEvent.objects.filter(job=job, number__gt=number).order_by("number")
    return [(place, bytes(content)) for place, content in rows.values_list("number", "content")[:limit]]


def _append(job: TaskJob, events: Iterable[bytes]) -> None:
    last = TaskJobEvent.objects.filter(job=job).aggregate(last=Max("number"))["last"] or 0
    TaskJobEvent.objects.bulk_create(
        TaskJobEvent(job=job, number=last + place, content=seal(event))
        for place, event in enumerate(events, 1)
        if last + place <= MAX_EVENTS
    )


def problem(code: str, message: str) -> dict[str, Any]:
    """Why a job failed, as its row keeps it."""
    return {"type": "job_error", "code": code, "message": message}


def event(name: str, **facts: Any) -> bytes:
    """One event as JSON."""
    return msgspec.json.encode({"event": name, **facts})
