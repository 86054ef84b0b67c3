"""Forget jobs and drafts once their time is over: inputs, results, events and all."""

from datetime import datetime

from django.db.models import QuerySet

from metering.models import TaskDraft, TaskJob

BATCH = 200


def forget_expired(now: datetime) -> int:
    """Delete jobs and drafts that have expired; how many. A job that still runs goes when it has ended."""
    jobs = TaskJob.objects.filter(expires_at__lte=now).exclude(status=TaskJob.Status.RUNNING)
    return _delete(jobs) + _delete(TaskDraft.objects.filter(expires_at__lte=now))


def _delete(late: "QuerySet[TaskJob] | QuerySet[TaskDraft]") -> int:
    deleted = 0
    while True:
        keys = list(late.order_by("expires_at").values_list("pk", flat=True)[:BATCH])
        late.model._default_manager.filter(pk__in=keys).delete()
        deleted += len(keys)
        if len(keys) < BATCH:
            return deleted
