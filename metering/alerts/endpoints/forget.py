"""Delete the log of what was sent to channels once it is old."""

from datetime import datetime, timedelta

from metering.delete_in_batches import delete_in_batches
from metering.models import AlertDelivery

KEPT = timedelta(days=90)
State = AlertDelivery.State
OVER = (State.SENT, State.FAILED, State.UNCERTAIN)


def forget_deliveries(now: datetime) -> int:
    """Delete deliveries to channels that ended long ago, dead letters too; how many."""
    old = AlertDelivery.objects.filter(
        endpoint__isnull=False, state__in=OVER, next_attempt_at__lt=now - KEPT
    ).order_by("id")
    return delete_in_batches(old)
