"""Forget decisions that are past their retention."""

from datetime import datetime, timedelta

from metering.ids import first_id_at
from metering.models import PolicyDecision

KEEP = timedelta(days=90)
BATCH = 5_000


def forget_decisions(now: datetime) -> int:
    """How many rows were deleted, in batches. Safe to run anywhere, any number of times at once."""
    old = PolicyDecision.objects.filter(id__lt=first_id_at(now - KEEP)).order_by("id")
    deleted = 0
    while True:
        count, _ = PolicyDecision.objects.filter(
            pk__in=list(old.values_list("pk", flat=True)[:BATCH])
        ).delete()
        deleted += count
        if count < BATCH:
            return deleted
