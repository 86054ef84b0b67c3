"""Bounds how often people have something asked of others: each time is an event of the audit trail."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, models, transaction

from metering.audit import record_change
from metering.errors import LimitUsage, RateLimited
from metering.models import AuditEvent
from metering.types import Dimension

WITHIN = timedelta(hours=1)


@transaction.atomic
def note_asking(
    *,
    what: str,
    most: int,
    action: str,
    target: models.Model,
    tenant_id: UUID | None,
    actor: str,
    now: datetime,
    facts: Mapping[str, object],
) -> None:
    """Count one time, before anybody is asked. `what` are, for example, "tests of keys".

    Raises RateLimited for more than `most` within an hour for a tenant, or for the operators.
    """
    with connection.cursor() as cursor:  # one at a time, so that many at once are counted too
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{what} {tenant_id}"])
    recent = AuditEvent.objects.filter(tenant_id=tenant_id, at__gt=now - WITHIN, action=action).order_by("at")
    times = list(recent.values_list("at", flat=True)[:most])
    if len(times) >= most:
        raise _too_many(what, most, times[0] + WITHIN, now)
    record_change(action=action, actor=actor, target=target, tenant_id=tenant_id, now=now, facts=facts)


def _too_many(what: str, most: int, again: datetime, now: datetime) -> RateLimited:
    return RateLimited(
        f"There are at most {most} {what} an hour. Try again later.",
        usage=LimitUsage(
            budget=what,
            scope="tenant",
            dimension=Dimension.REQUESTS,
            current=most,
            held=0,
            requested=1,
            limit=most,
            period="60m",
        ),
        reset_at=again,
        retry_after_s=int((again - now).total_seconds()) + 1,
    )
