"""Bound what waits for one address: one that is down, or too slow for what happens, does not fill the outbox."""

import logging

from django.db.models import Count

from metering.models import AlertDelivery

MOST_WAITING = 10_000
"""Deliveries to one address."""
TOO_MANY = "too many wait"
State = AlertDelivery.State
logger = logging.getLogger(__name__)


def fail_overflow(*, most: int = MOST_WAITING) -> int:
    """Where more wait, the oldest become dead letters, which people may replay; how many."""
    waiting = AlertDelivery.objects.filter(state=State.PENDING, endpoint__isnull=False)
    counts = waiting.order_by().values("endpoint_id").annotate(waiting=Count("pk")).filter(waiting__gt=most)
    failed = 0
    for endpoint_id, count in counts.values_list("endpoint_id", "waiting"):
        oldest = waiting.filter(endpoint_id=endpoint_id).order_by("id").values("pk")[: count - most]
        failed += AlertDelivery.objects.filter(pk__in=oldest, state=State.PENDING).update(
            state=State.FAILED, last_error=TOO_MANY
        )
    if failed:
        logger.error("alert.overflow", extra={"deliveries": failed})
    return failed
