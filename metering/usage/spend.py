"""What tenants have spent today and this month, each on the calendar of its own zone: the sums that reports tell."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from metering.ledger.windows import window_bounds
from metering.models import Tenant
from metering.types import Window
from metering.usage.filters import UsageFilter
from metering.usage.summary import usage_summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Calls, and their cost in nano-USD."""

    requests: int = 0
    cost_nano_usd: int = 0


NOTHING = Spent()


def spent_in(window: Window, *, tenants: Iterable[Tenant], now: datetime) -> dict[UUID, Spent]:
    """By tenant, of the window that it is in now. One query for all tenants whose windows begin together."""
    found: dict[UUID, Spent] = {}
    for (zone, week_start), rows in groupby(sorted(tenants, key=_calendar), _calendar):
        ids = {row.slug: row.pk for row in rows}
        since, _ = window_bounds(window, now, timezone=zone, week_start=week_start)
        for row in usage_summary(UsageFilter(since=since, only=_these(list(ids.values()))), by="tenant"):
            if row["tenant"] in ids:
                found[ids[row["tenant"]]] = _spent(row)
    return found


def spent_by(by: str, window: Window, *, tenant: Tenant, now: datetime) -> dict[object, Spent]:
    """Of one tenant, by `user`, `token`, `team` or another grouping of reports."""
    since, _ = window_bounds(window, now, timezone=tenant.timezone, week_start=tenant.week_start)
    return {row[by]: _spent(row) for row in usage_summary(UsageFilter(tenant=tenant, since=since), by=by)}


def _spent(row: dict[str, object]) -> Spent:
    return Spent(requests=int(str(row["requests"])), cost_nano_usd=int(str(row["cost_nano_usd"])))


def _these(ids: list[UUID]) -> tuple[tuple[str, object], ...]:
    """One tenant is looked up by its index."""
    return (("tenant_id", ids[0]),) if len(ids) == 1 else ()


def _calendar(tenant: Tenant) -> tuple[str, int]:
    return tenant.timezone, tenant.week_start
