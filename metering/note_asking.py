"""Bounds how often people have something asked of others: each time is an event of the audit trail."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, models, transaction

from metering.audit import record_change
from metering.models import AuditEvent
from metering.too_often import too_often

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
        raise too_often(
            f"There are at most {most} {what} an hour. Try again later.",
            what=what,
            scope="tenant",
            most=most,
            within=WITHIN,
            first=times[0],
            now=now,
        )
    record_change(action=action, actor=actor, target=target, tenant_id=tenant_id, now=now, facts=facts)
