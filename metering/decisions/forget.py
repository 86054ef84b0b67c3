"""Forget decisions that are past their retention."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from metering.ids import first_id_at
from metering.models import DecisionRequest, PolicyDecision

KEEP = timedelta(days=90)
BATCH = 5_000


def forget_decisions(now: datetime) -> int:
    """How many decisions were deleted, in batches. Safe to run anywhere, any number of times at once."""
    first = first_id_at(now - KEEP)
    _delete(DecisionRequest.objects.filter(decision_id__lt=first).order_by("decision_id"))
    return _delete(PolicyDecision.objects.filter(id__lt=first).order_by("id"))


def _delete(old: QuerySet[Any]) -> int:
    deleted = 0
    while True:
        count: int
        count, _ = old.model._default_manager.filter(
            pk__in=list(old.values_list("pk", flat=True)[:BATCH])
        ).delete()
        deleted += count
        if count < BATCH:
            return deleted
