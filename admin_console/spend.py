"""What people and tokens of a tenant have spent this month, by the tenant's calendar."""

from datetime import datetime
from uuid import UUID

from metering.models import Tenant
from metering.time_zones import is_time_zone, zone_named
from metering.usage.filters import UsageFilter
from metering.usage.summary import usage_summary


def spent_this_month(tenant: Tenant, *, by: str, now: datetime) -> dict[UUID, int]:
    """Nano-USD by the id of each `user`, `team` or `token`, as `/api/usage?by=…` sums them."""
    zone = zone_named(tenant.timezone if is_time_zone(tenant.timezone) else "UTC")
    first = now.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    rows = usage_summary(UsageFilter(tenant=tenant, since=first), by=by)
    return {row[by]: row["cost_nano_usd"] for row in rows if row[by] is not None}
