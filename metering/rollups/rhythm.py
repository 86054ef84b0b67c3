"""How a tenant's cost is spread over the hours of a week, for forecasts (metering/usage/forecast.py).

Read from the quarters of the last two weeks, and kept for an hour: what people do changes slowly.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.core.cache import cache
from django.db import connection

from metering.rollups.levels import ANY_ZONE, Level
from metering.usage.forecast import HOURS, Rhythm

LOOKS_BACK = timedelta(days=14)
KEPT_S = 3_600
EVERYBODY = None
"""The key of the rhythm of all tenants together."""

COST_BY_HOUR = """
SELECT tenant_id, (extract(isodow FROM starts_at AT TIME ZONE 'UTC')::int - 1) * 24
    + extract(hour FROM starts_at AT TIME ZONE 'UTC')::int AS hour, sum(cost_nano_usd)
FROM metering_usagerollup
WHERE zone = %s AND level = %s AND starts_at >= %s AND tenant_id = ANY(%s)
GROUP BY tenant_id, hour
"""


def rhythms(tenants: Collection[UUID], now: datetime) -> Mapping[UUID | None, Rhythm]:
    """Of each of these tenants, and of all of them together. One query, and none within an hour."""
    kept = cache.get_many([_key(tenant) for tenant in tenants])
    amounts = {tenant: kept[_key(tenant)] for tenant in tenants if _key(tenant) in kept}
    missing = [tenant for tenant in tenants if tenant not in amounts]
    if missing:
        read = _read(missing, now)
        cache.set_many({_key(tenant): read[tenant] for tenant in missing}, KEPT_S)
        amounts |= read
    together = [sum(hours) for hours in zip(*amounts.values(), strict=True)]
    found: dict[UUID | None, Rhythm] = {tenant: Rhythm.of(hours) for tenant, hours in amounts.items()}
    return {**found, EVERYBODY: Rhythm.of(together or [0.0] * HOURS)}


def _read(tenants: Collection[UUID], now: datetime) -> dict[UUID, list[float]]:
    amounts = {tenant: [0.0] * HOURS for tenant in tenants}
    with connection.cursor() as cursor:
        cursor.execute(COST_BY_HOUR, [ANY_ZONE, Level.ALL, now - LOOKS_BACK, list(tenants)])
        for tenant, hour, cost in cursor.fetchall():
            amounts[tenant][hour] = float(cost)
    return amounts


def _key(tenant: UUID) -> str:
    return f"rhythm:{tenant}"
