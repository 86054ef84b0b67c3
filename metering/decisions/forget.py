"""Forget decisions that are past their retention."""

from datetime import datetime, timedelta

from metering.delete_in_batches import delete_in_batches
from metering.ids import first_id_at
from metering.models import DecisionRequest, PolicyDecision

KEEP = timedelta(days=90)


def forget_decisions(now: datetime) -> int:
    """How many decisions were deleted, in batches. Safe to run anywhere, any number of times at once."""
    first = first_id_at(now - KEEP)
    delete_in_batches(DecisionRequest.objects.filter(decision_id__lt=first).order_by("decision_id"))
    return delete_in_batches(PolicyDecision.objects.filter(id__lt=first).order_by("id"))
