"""Bound how many mails about alerts and notices a tenant causes within an hour, so that a storm of one tenant's does
not use up what the mail server sends for all.

What is beyond the bound is not sent later either: it stands in the console, in the log of deliveries and at the
tenant's channels. Invitations have a bound of their own, and mails about a forgotten password are bound for each
mailbox alone: a storm of alerts, or a stranger, keeps nobody from the own password.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Count

from metering.ids import first_id_at
from metering.models import AlertDelivery, Notice, QuotaAlert

WITHIN = timedelta(hours=1)
RAISED_WITHIN = timedelta(days=1)
"""How old alerts may be that were addressed within the hour: of older ones, from before a long outage of the workers,
the mails are not counted.
"""
TOO_MANY = "too many mails of this tenant within an hour"
logger = logging.getLogger(__name__)


def withhold_mails(deliveries: Sequence[AlertDelivery], *, now: datetime) -> None:
    """Mark as failed what is beyond the bound of its tenant, in the transaction that makes the deliveries.

    Mails to super admins about a tenant count as the tenant's; what concerns no tenant is not bound.
    """
    mails = [(tenant_id, row) for row in deliveries if (tenant_id := _caused_by(row)) is not None]
    made = _made_lately(sorted({tenant_id for tenant_id, _ in mails}), now)
    withheld: Counter[UUID] = Counter()
    for tenant_id, row in mails:
        if made[tenant_id] < settings.TENANT_MAILS_PER_HOUR:
            made[tenant_id] += 1
            continue
        row.state, row.last_error = AlertDelivery.State.FAILED, TOO_MANY
        withheld[tenant_id] += 1
    for tenant_id, count in withheld.items():
        facts = {"tenant_id": str(tenant_id), "mails": count, "most": settings.TENANT_MAILS_PER_HOUR}
        logger.warning("alert.too_many_mails", extra=facts)


def _caused_by(row: AlertDelivery) -> UUID | None:
    """The tenant that a mail is about; None for one about what tenants share, and for what is no mail."""
    about = row.alert or row.notice
    if row.channel != AlertDelivery.Channel.EMAIL or about is None:
        return None
    return about.tenant_id


def _made_lately(tenants: Sequence[UUID], now: datetime) -> Counter[UUID]:
    """How many mails of each tenant were made within the hour. Others who ask wait until this transaction has ended."""
    made: Counter[UUID] = Counter()
    if not tenants:
        return made
    with connection.cursor() as cursor:  # in one order, so that nobody waits in a circle
        for tenant_id in tenants:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"mails {tenant_id}"])
    mails = AlertDelivery.objects.filter(channel=AlertDelivery.Channel.EMAIL).exclude(last_error=TOO_MANY)
    for column, kind in (("alert", QuotaAlert), ("notice", Notice)):
        lately = kind._default_manager.filter(
            tenant_id__in=tenants, id__gte=first_id_at(now - RAISED_WITHIN), addressed_at__gt=now - WITHIN
        )
        counts = mails.filter(**{f"{column}__in": lately}).order_by().values(f"{column}__tenant_id")
        for tenant_id, count in counts.annotate(mails=Count("pk")).values_list(
            f"{column}__tenant_id", "mails"
        ):
            made[tenant_id] += count
    return made
