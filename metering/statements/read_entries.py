"""Entries of the ledger that changed charges: corrections of a month, and what came after earlier statements.

No entry is on two statements, and none is on none. A statement reads one snapshot of the database. What was recorded
long before is in it; of what was recorded within SETTLES_WITHIN of it, the statement keeps the ids (`seen`). So the
next one takes what was recorded since, less what was seen.
"""

from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Abs

from metering.ids import first_id_at
from metering.models import LedgerEntry, Statement, Tenant
from metering.rollups.changed import SETTLES_WITHIN
from metering.statements.figures import Entries, Entry
from metering.types import EntryKind

MOST_ENTRIES = 500
"""That are shown one by one, the largest."""


def corrections_of(tenant: Tenant, month: date, since: datetime, until: datetime) -> Entries:
    """Read the corrections by hand to calls that were admitted in [since, until)."""
    rows = _admitted(tenant, since, until).filter(kind=EntryKind.ADJUST)
    return _entries(rows, [(since, month)])


def recorded_since(issued: list[Statement]) -> Entries:
    """What changed the charges of calls of these months since the last of their statements, the oldest first."""
    last = issued[-1]
    rows = _admitted(last.tenant, issued[0].starts_at, last.ends_at).filter(
        recorded_at__gte=last.read_at - SETTLES_WITHIN
    )
    return _entries(
        rows.exclude(pk__in=last.seen), [(statement.starts_at, statement.month) for statement in issued]
    )


def seen_at(tenant: Tenant, since: datetime, until: datetime, read_at: datetime) -> list[UUID]:
    """The entries that another reader may find again, recorded at about the time of reading."""
    rows = _admitted(tenant, since, until).filter(recorded_at__gte=read_at - SETTLES_WITHIN)
    return sorted(rows.values_list("pk", flat=True))


def _admitted(tenant: Tenant, since: datetime, until: datetime) -> "QuerySet[LedgerEntry]":
    rows: QuerySet[LedgerEntry] = LedgerEntry.objects.for_tenant(tenant)
    return rows.filter(id__gte=first_id_at(since), id__lt=first_id_at(until))


def _entries(rows: "QuerySet[LedgerEntry]", months: list[tuple[datetime, date]]) -> Entries:
    charging = rows.exclude(cost_nano_usd=0)
    sums = charging.aggregate(count=Count("pk"), nano_usd=Sum("cost_nano_usd"))
    largest = charging.annotate(size=Abs("cost_nano_usd")).order_by("-size", "pk")[:MOST_ENTRIES]
    shown = sorted(largest, key=lambda row: (row.recorded_at, row.pk))
    return Entries(
        shown=tuple(_entry(row, months) for row in shown),
        count=sums["count"],
        nano_usd=int(sums["nano_usd"] or 0),
    )


def _entry(row: LedgerEntry, months: list[tuple[datetime, date]]) -> Entry:
    return Entry(
        id=row.pk,
        reservation_id=row.reservation_id,
        month=next(month for start, month in reversed(months) if row.pk >= first_id_at(start)),
        recorded_at=row.recorded_at,
        kind=EntryKind(row.kind),
        reason=row.reason or "",
        nano_usd=row.amounts.cost_nano_usd,
    )
