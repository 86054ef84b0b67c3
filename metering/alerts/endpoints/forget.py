"""Delete the log of what was sent to channels once it is old."""

from datetime import datetime, timedelta

from metering.models import AlertDelivery

KEPT = timedelta(days=90)
BATCH = 10_000
"""The most rows of one statement; it is repeated until none is left."""
State = AlertDelivery.State
OVER = (State.SENT, State.FAILED, State.UNCERTAIN)


def forget_deliveries(now: datetime) -> int:
    """Delete deliveries to channels that ended long ago, dead letters too; how many."""
    old = AlertDelivery.objects.filter(
        endpoint__isnull=False, state__in=OVER, next_attempt_at__lt=now - KEPT
    ).order_by("id")
    forgotten = 0
    while batch := list(old.values_list("pk", flat=True)[:BATCH]):
        forgotten += AlertDelivery.objects.filter(pk__in=batch, state__in=OVER).delete()[0]
    return forgotten
