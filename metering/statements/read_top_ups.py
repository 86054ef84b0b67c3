"""What a tenant paid beforehand in a month."""

from datetime import datetime

from django.db.models import Q, Sum

from metering.models import BudgetOverride, Tenant
from metering.statements.figures import TopUp, TopUps

MOST_TOP_UPS = 200


def read_top_ups(tenant: Tenant, start: datetime, end: datetime) -> TopUps:
    """Those of the month that were not taken back before it ended: the first MOST_TOP_UPS, and the sum of all."""
    rows = BudgetOverride.objects.for_tenant(tenant).filter(
        Q(removed_at=None) | Q(removed_at__gte=end),
        kind=BudgetOverride.Kind.TOP_UP,
        created_at__gte=start,
        created_at__lt=end,
    )
    shown = [
        TopUp(paid_at=row.created_at, reference=row.reference, reason=row.reason, nano_usd=row.amount)
        for row in rows.order_by("created_at", "pk")[:MOST_TOP_UPS]
    ]
    total = rows.order_by().aggregate(sum=Sum("amount"))["sum"]
    return TopUps(shown=tuple(shown), count=rows.count(), nano_usd=int(total or 0))
