"""Issue the statements of the months that are over, of every tenant: a step of the timetable."""

import logging
import random
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.db import Error

from metering.errors import MeteringError
from metering.ids import first_id_at
from metering.models import Statement, Tenant, UsageLog
from metering.statements.issue import issue_statement, statements_of
from metering.statements.months import bounds_of, month_at, month_before
from metering.statements.read_entries import recorded_since
from metering.time_zones import is_time_zone

GRACE = timedelta(hours=1)
"""After a month's end: its last calls have ended by then. What ends later is on the next statement."""
BUDGET_S = 200.0
"""Of one run; the next one goes on."""
ACTOR = "statements"
logger = logging.getLogger(__name__)


def issue_due(*, now: datetime) -> int:
    """Issue the statements that are due, for BUDGET_S at most, and return how many were issued.

    They come in random order, so that a tenant whose usage cannot be read, or takes long, does not hold up the others
    for good.
    """
    until = time.monotonic() + BUDGET_S
    issued = 0
    due = list(_due(now))
    random.shuffle(due)
    for tenant, month in due:
        try:
            issue_statement(tenant=tenant, month=month, actor=ACTOR, now=now)
            issued += 1
        except MeteringError as error:
            logger.error("statement.not_issued", extra={"tenant": tenant.slug, "error": error.message})
        except Error:
            logger.exception("statement.not_issued", extra={"tenant": tenant.slug})
        if time.monotonic() > until:
            break
    return issued


def _due(now: datetime) -> Iterator[tuple[Tenant, date]]:
    """Tenants that lack the statement of the last month; of closed ones those for which it would say something."""
    since = (now - timedelta(days=70)).date()
    rows = Statement.objects.filter(month__gte=since).values_list("tenant_id", "month")
    known = {(tenant_id, month) for tenant_id, month in rows}
    for tenant in Tenant.objects.order_by("pk"):
        if not is_time_zone(tenant.timezone):
            logger.error("statement.not_issued", extra={"tenant": tenant.slug, "error": "unknown time zone"})
            continue
        month = month_before(month_at(tenant, now - GRACE))
        start, end = bounds_of(tenant, month)
        if (tenant.pk, month) in known or tenant.created_at >= end:
            continue
        is_open = tenant.status != Tenant.Status.CLOSED
        if is_open or _used_something(tenant, start, end) or _was_corrected(tenant):
            yield tenant, month


def _used_something(tenant: Tenant, since: datetime, until: datetime) -> bool:
    rows = UsageLog.objects.for_tenant(tenant)
    return bool(rows.filter(id__gte=first_id_at(since), id__lt=first_id_at(until)).exists())


def _was_corrected(tenant: Tenant) -> bool:
    """Return whether calls of the tenant were corrected since its last statement."""
    issued = statements_of(tenant)
    return bool(issued) and recorded_since(issued).count > 0
