"""How near each tenant is to the nearest of its budgets, by the meters that are open."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from metering.types import Dimension, Scope
from metering.usage.limits import active_limits, plans_by_tenant
from metering.usage.open_meters import NOBODY, open_meters

MOST_METERS = 50_000
"""That are looked at. A list is no audit."""


def nearest_by_tenant(*, tenants: Collection[UUID], now: datetime) -> dict[UUID, float]:
    """The largest share in percent that is used of any budget of the tenant, its teams, people and tokens.

    Calls at once and what tenants share are left out. Four queries, however many tenants there are.
    """
    plans = plans_by_tenant(tenant=None, now=now)
    limits = {
        id_: limit
        for id_, limit in active_limits(tenant=None, plans=()).items()
        if limit.dimension is not Dimension.CONCURRENCY and limit.amount > 0
    }
    found: dict[UUID, float] = {}
    if not limits:
        return found
    metered = open_meters(limits.values(), now, tenants=tenants, subjects=None, after=None)
    for number, (key, meter) in enumerate(metered):
        if number >= MOST_METERS:
            break
        limit = limits[key.budget_id]
        if key.tenant_id == NOBODY:
            continue
        if limit.scope is Scope.PLAN and limit.scope_id not in plans.get(key.tenant_id, ()):
            continue
        share = meter.used * 1_000 // limit.amount / 10
        found[key.tenant_id] = max(found.get(key.tenant_id, 0.0), share)
    return found
