"""What people, teams and tokens of a tenant have spent this month, by the tenant's calendar."""

from datetime import datetime
from uuid import UUID

from metering.models import Tenant
from metering.reports.buckets import now_in
from metering.reports.overview import days
from metering.reports.sums import sums_by
from metering.time_zones import zone_named
from metering.usage.filters import UsageFilter

MOST = 10_000
"""The dearest are known, of more than so many."""


def spent_this_month(tenant: Tenant, *, by: str, now: datetime) -> dict[UUID, int]:
    """Nano-USD by the id of each `user`, `team` or `token`, as `/api/usage?by=…` sums them."""
    chosen = UsageFilter(tenant=tenant)
    first = now_in(zone_named(chosen.zone), now).replace(day=1)
    sums = sums_by(days(chosen, now=now, first=first), by=(by,), limit=MOST)
    found = ((group.keys[0].value, group.figures.cost_nano_usd) for group in sums.groups)
    return {UUID(value): cost for value, cost in found if value}
