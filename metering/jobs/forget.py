"""Forget jobs once their time is over: inputs, results, events and all."""

from datetime import datetime

from metering.models import TaskJob

BATCH = 200


def forget_jobs(now: datetime) -> int:
    """Delete jobs that have expired; how many. One that still runs goes when it has ended."""
    deleted = 0
    while True:
        late = TaskJob.objects.filter(expires_at__lte=now).exclude(status=TaskJob.Status.RUNNING)
        keys = list(late.order_by("expires_at").values_list("pk", flat=True)[:BATCH])
        TaskJob.objects.filter(pk__in=keys).delete()
        deleted += len(keys)
        if len(keys) < BATCH:
            return deleted
