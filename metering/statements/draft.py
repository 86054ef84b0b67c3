"""Reads from the books what a statement says, in one snapshot of the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction

from metering.models import BillingProfile, Statement, Tenant
from metering.statements.figures import Entries, Figures
from metering.statements.months import bounds_of
from metering.statements.read_budgets import read_budgets
from metering.statements.read_entries import corrections_of, recorded_since, seen_at
from metering.statements.read_top_ups import read_top_ups
from metering.statements.read_usage import read_usage

NO_ENTRIES = Entries(shown=(), count=0, nano_usd=0)


class Draft(NamedTuple):
    """What a statement would say, and what the next one has to know of it."""

    figures: Figures
    read_at: datetime
    seen: list[UUID]


def draft_statement(*, tenant: Tenant, month: date, issued: list[Statement], now: datetime) -> Draft:
    """`issued` are the tenant's statements so far, the oldest first. Raises InvalidRequest as `fetch` does.

    A month begins where the one before ended: a tenant that moved to another time zone misses no hour.
    """
    start, end = bounds_of(tenant, month)
    if issued:
        start = issued[-1].ends_at
    with _one_snapshot() as read_at:
        usage = read_usage(tenant, start, end)
        earlier = recorded_since(issued) if issued else NO_ENTRIES
        profile = BillingProfile.objects.for_tenant(tenant).first()
        figures = Figures(
            issued_at=now,
            tenant=tenant.slug,
            tenant_name=tenant.name,
            customer_id=profile.customer_id if profile is not None else "",
            month=month,
            starts_at=start,
            ends_at=end,
            timezone=tenant.timezone,
            usage=usage.total,
            by_task=usage.by_task,
            by_model=usage.by_model,
            by_team=usage.by_team,
            by_user=usage.by_user,
            corrections=corrections_of(tenant, month, start, end),
            earlier=earlier,
            total_nano_usd=usage.total.charged_nano_usd + earlier.nano_usd,
            budgets=read_budgets(tenant, min(end, now)),
            top_ups=read_top_ups(tenant, start, end),
        )
        seen = seen_at(tenant, issued[0].starts_at if issued else start, end, read_at)
    return Draft(figures, read_at, seen)


@contextmanager
def _one_snapshot() -> Iterator[datetime]:
    """All queries see the same rows. The database's clock is read before them; within another transaction, its view."""
    is_outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if is_outermost:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT clock_timestamp()")
        yield cursor.fetchone()[0]
