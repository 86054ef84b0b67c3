"""The ends of a job, and what it tells on the way. Only its runner may; another one's words go nowhere.

What an error says may quote the caller's text or the model's, so it is sealed as results are.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now

from metering.jobs.brief import brief_transaction
from metering.jobs.create import OPEN
from metering.jobs.lease import mine
from metering.models import TaskJob, TaskJobEvent
from metering.seal import CannotOpen, seal, unseal

MAX_EVENTS = 10_000
"""Of one job, without its last one."""
EVENTS_AT_ONCE = 500
IN_CLEAR = ("type", "code")
"""Of an error, so that operators see what fails."""
Status = TaskJob.Status


def tell(job: TaskJob, events: Iterable[bytes], *, progress: int | None = None) -> bool:
    """Append events (JSON) for whoever listens; False if the job is not this runner's any more."""
    with brief_transaction():
        if not mine(job).select_for_update().exists():
            return False
        _append(job, events)
        if progress is not None:
            mine(job).update(progress=progress)
    return True


def keep_result(job: TaskJob, result: bytes) -> bool:
    """Keep the result before the job ends: if its runner is lost now, nobody has to do the work again.

    False if the job is not this runner's any more, or its owner wants no more of it.
    """
    return bool(mine(job).filter(is_cancelled=False).update(result=seal(result), progress=100))


def end_job(
    job: TaskJob,
    status: TaskJob.Status,
    *,
    event: bytes,
    error: dict[str, Any] | None = None,
) -> bool:
    """End the job with a last event; False if it is not this runner's any more. Its result stays if it succeeded; its
    input, which nobody needs any more, does not.
    """
    with brief_transaction():
        if not mine(job).select_for_update().exists():
            return False
        _append(job, [event], most=MAX_EVENTS + 1)
        ended: dict[str, Any] = {"status": status, "error": sealed_error(error), "content": b""}
        if status != Status.SUCCEEDED:
            ended["result"] = None
        mine(job).update(**ended, ended_at=Now(), leased_until=None)
    return True


def cancel_job(job: TaskJob) -> None:
    """Its owner wants no more of it: one that waits ends at once, one that runs when its runner sees it.

    One that its runner puts back meanwhile ends when it is taken on again.
    """
    this = TaskJob.objects.filter(pk=job.pk)
    with transaction.atomic():
        if this.filter(status=Status.QUEUED).update(
            status=Status.CANCELLED, is_cancelled=True, ended_at=Now(), content=b""
        ):
            _append(job, [event("cancelled")], most=MAX_EVENTS + 1)
            return
    this.filter(status__in=OPEN).update(is_cancelled=True)


def events_after(job: TaskJob, number: int) -> list[tuple[int, bytes]]:
    """The first sealed events that follow event `number`, at most EVENTS_AT_ONCE, in order, with their numbers."""
    rows = TaskJobEvent.objects.filter(job=job, number__gt=number).order_by("number")
    return [
        (place, bytes(content)) for place, content in rows.values_list("number", "content")[:EVENTS_AT_ONCE]
    ]


def sealed_error(error: dict[str, Any] | None) -> dict[str, Any] | None:
    """An error as the job's row keeps it."""
    if error is None:
        return None
    return {name: error[name] for name in IN_CLEAR} | {
        "sealed": seal(msgspec.json.encode(error)).decode("ascii")
    }


def opened_error(job: TaskJob) -> dict[str, Any] | None:
    """Why the job failed, as it was said; without the message where the key is gone."""
    if job.error is None:
        return None
    try:
        opened: dict[str, Any] = msgspec.json.decode(unseal(job.error["sealed"].encode("ascii")))
    except CannotOpen:
        return {name: job.error[name] for name in IN_CLEAR} | {
            "message": "The key that this was sealed with is gone."
        }
    return opened


def _append(job: TaskJob, events: Iterable[bytes], *, most: int = MAX_EVENTS) -> None:
    last = TaskJobEvent.objects.filter(job=job).aggregate(last=Max("number"))["last"] or 0
    TaskJobEvent.objects.bulk_create(
        TaskJobEvent(job=job, number=last + place, content=seal(event))
        for place, event in enumerate(events, 1)
        if last + place <= most
    )


def problem(code: str, message: str) -> dict[str, Any]:
    """Why a job failed."""
    return {"type": "job_error", "code": code, "message": message}


def event(name: str, **facts: Any) -> bytes:
    """One event as JSON."""
    return msgspec.json.encode({"event": name, **facts})
