"""What a tenant paid beforehand in a month, and what of it was taken back."""

from datetime import datetime

from django.db.models import Q, QuerySet, Sum

from metering.models import BudgetOverride, Tenant
from metering.statements.figures import TopUp, TopUps

MOST_TOP_UPS = 200


def read_top_ups(tenant: Tenant, start: datetime, end: datetime) -> TopUps:
    """Those of the month that were not taken back before it ended and, below zero, those of earlier months that were
    taken back in it, so that the sums of all statements are the credit there is: the first MOST_TOP_UPS, and the sum.
    """
    rows = BudgetOverride.objects.for_tenant(tenant).filter(kind=BudgetOverride.Kind.TOP_UP)
    paid = rows.filter(Q(removed_at=None) | Q(removed_at__gte=end), created_at__gte=start, created_at__lt=end)
    taken_back = rows.filter(created_at__lt=start, removed_at__gte=start, removed_at__lt=end)
    shown = [
        *map(_paid, paid.order_by("created_at", "pk")[:MOST_TOP_UPS]),
        *map(_taken_back, taken_back.order_by("removed_at", "pk")[:MOST_TOP_UPS]),
    ]
    return TopUps(
        shown=tuple(sorted(shown, key=lambda each: each.paid_at)[:MOST_TOP_UPS]),
        count=paid.count() + taken_back.count(),
        nano_usd=_sum(paid) - _sum(taken_back),
    )


def _paid(row: BudgetOverride) -> TopUp:
    return TopUp(paid_at=row.created_at, reference=row.reference, reason=row.reason, nano_usd=row.amount)


def _taken_back(row: BudgetOverride) -> TopUp:
    reason = f"taken back: {row.reason}" if row.reason else "taken back"
    at = row.removed_at or row.created_at
    return TopUp(paid_at=at, reference=row.reference, reason=reason, nano_usd=-row.amount)


def _sum(rows: "QuerySet[BudgetOverride]") -> int:
    return int(rows.order_by().aggregate(sum=Sum("amount"))["sum"] or 0)
