"""Forget what calls said once its time is over."""

from datetime import datetime

from metering.delete_in_batches import delete_in_batches
from metering.models import CallContent


def forget_content(now: datetime) -> int:
    """How many calls' content was deleted, in batches. Safe to run anywhere, any number of times at once."""
    return delete_in_batches(CallContent.objects.filter(expires_at__lte=now).order_by("expires_at"))
