"""Hourly sums of the usage log, for charts and reports.

A row belongs to the hour (UTC) in which its reservation was made, which its id tells. An hour is
always summed whole from its rows, so that running twice, or after days without a worker, is harmless.
"""

from datetime import datetime, timedelta

import psycopg

from metering.ids import first_id_at

LOOK_BACK = timedelta(hours=2)
"""Hours with rows recorded since then are summed again, or since the last hour that was ever summed."""

CHANGED_HOURS = """
SELECT DISTINCT date_trunc('hour', metering_moment(id), 'UTC') FROM metering_usagelog
WHERE recorded_at >= least(%s, (SELECT coalesce(max(hour), '-infinity') FROM metering_usagerollup)) ORDER BY 1
"""

SUM_HOUR = """
INSERT INTO metering_usagerollup (hour, tenant_id, team_id, user_id, token_id, task, request_model, provider_name,
    attempts, input_tokens, output_tokens, cached_input_tokens, cache_write_tokens, reasoning_tokens, cost_nano_usd)
SELECT %(hour)s, tenant_id, team_id, user_id, token_id, task, request_model, provider_name, count(*),
    sum(input_tokens), sum(output_tokens), sum(cached_input_tokens), sum(cache_write_tokens), sum(reasoning_tokens),
    sum(cost_nano_usd)
FROM metering_usagelog WHERE id >= %(low)s AND id < %(high)s
GROUP BY tenant_id, team_id, user_id, token_id, task, request_model, provider_name
"""


def roll_up_usage(conninfo: str, now: datetime, *, look_back: timedelta = LOOK_BACK) -> int:
    """Sum every hour that changed lately. Return how many hours. Raises psycopg.Error."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        hours = [row[0] for row in connection.execute(CHANGED_HOURS, (now - look_back,)).fetchall()]
        for hour in hours:
            bounds = {"hour": hour, "low": first_id_at(hour), "high": first_id_at(hour + timedelta(hours=1))}
            with connection.transaction():
                connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('metering.roll_up', 0))")
                connection.execute("DELETE FROM metering_usagerollup WHERE hour = %(hour)s", bounds)
                connection.execute(SUM_HOUR, bounds)
    return len(hours)
