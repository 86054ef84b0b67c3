"""What tenants have spent today and this month, each on the calendar of its own zone: the sums that reports tell."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from uuid import UUID

from metering.models import Tenant
from metering.reports.buckets import Bucket, Days, bucket_of, now_in
from metering.reports.figures import Figures
from metering.reports.overview import days
from metering.reports.sums import sums_by, total
from metering.time_zones import zone_named
from metering.usage.filters import UsageFilter

MOST = 10_000
"""Groups; of more, the dearest are known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Calls, and their cost in nano-USD."""

    requests: int = 0
    cost_nano_usd: int = 0


NOTHING = Spent()


def spent(bucket: Bucket, *, tenant: Tenant, now: datetime) -> Spent:
    """Return what one tenant has spent in the day or month that it is there now."""
    return _spent(total(_since(bucket, tenant, now)))


def spent_by(by: str, bucket: Bucket, *, tenant: Tenant, now: datetime) -> dict[UUID, Spent]:
    """Return what a tenant's users, tokens or teams have spent in that time, by id."""
    groups = sums_by(_since(bucket, tenant, now), by=(by,), limit=MOST).groups
    return {UUID(str(group.keys[0].value)): _spent(group.figures) for group in groups if group.keys[0].value}


def spent_by_tenant(bucket: Bucket, *, tenants: Iterable[Tenant], now: datetime) -> dict[UUID, Spent]:
    """Return what each tenant has spent; one query reads all whose days begin together."""
    found: dict[UUID, Spent] = {}
    for zone, rows in groupby(sorted(tenants, key=_zone), _zone):
        ids = {row.pk for row in rows}
        today = now_in(zone_named(zone), now)
        span = Days(first=_first(bucket, today), last=today, zone=zone_named(zone))
        chosen = UsageFilter(since=span.since, until=span.until)
        for group in sums_by(chosen, by=("tenant",), limit=MOST).groups:
            if group.keys[0].value and (pk := UUID(str(group.keys[0].value))) in ids:
                found[pk] = _spent(group.figures)
    return found


def _since(bucket: Bucket, tenant: Tenant, now: datetime) -> UsageFilter:
    chosen = UsageFilter(tenant=tenant)
    return days(chosen, now=now, first=_first(bucket, now_in(zone_named(chosen.zone), now)))


def _first(bucket: Bucket, today: date) -> date:
    return bucket_of(today, bucket)


def _spent(figures: Figures) -> Spent:
    return Spent(requests=figures.requests, cost_nano_usd=figures.cost_nano_usd)


def _zone(tenant: Tenant) -> str:
    return tenant.timezone
