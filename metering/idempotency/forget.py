"""Forget kept answers, and free their keys, once their time is over."""

from datetime import datetime

from metering.idempotency.keep import KEEP
from metering.ledger.free_keys import free_keys
from metering.models import KeptAnswer

BATCH = 1_000


def forget_answers(conninfo: str, now: datetime) -> int:
    """How many answers were deleted. Safe to run anywhere, any number of times at once.

    Raises psycopg.Error and django.db.Error.
    """
    deleted = 0
    while True:
        late = KeptAnswer.objects.filter(expires_at__lte=now).order_by("expires_at")
        count, _ = KeptAnswer.objects.filter(pk__in=list(late.values_list("pk", flat=True)[:BATCH])).delete()
        deleted += count
        if count < BATCH:
            break
    free_keys(conninfo, ended_before=now - KEEP)
    return deleted
