"""Rollups as many more calls would have: as many rows, whose sums are no larger, which no query notices.

Of ten times as many calls there are as many people, models and days, but ten times as many conversations: the rows that
tell conversations apart are there ten times, of the days that the bench asks for and of today's quarters.
"""

import psycopg

from metering.models import UsageLog, UsageRollup
from metering.rollups.levels import ANY_ZONE, Level

MORE = """
INSERT INTO metering_usagerollup ({columns})
SELECT {shown} FROM metering_usagerollup, generate_series(2, {times}) copy
WHERE level IN ({levels}) AND starts_at >= now() - CASE WHEN zone = '{any}' THEN interval '1 day' ELSE '8 days' END
"""


def write_rollups(conninfo: str, calls: int) -> None:
    """Beside those that there are."""
    fields = [str(field.column) for field in UsageRollup._meta.concrete_fields if not field.primary_key]
    shown = [f"{name} || '/' || copy" if name == "conversation_id" else name for name in fields]
    statement = MORE.format(
        columns=", ".join(fields),
        shown=", ".join(shown),
        times=calls // max(UsageLog.objects.count(), 1),
        levels=f"{Level.CONVERSATIONS.value}, {Level.ALL_CONVERSATIONS.value}",
        any=ANY_ZONE,
    )
    with psycopg.connect(conninfo, autocommit=True, options="-c synchronous_commit=off") as connection:
        connection.execute(statement.encode())
        connection.execute("VACUUM ANALYZE metering_usagerollup")
        connection.execute("CHECKPOINT")
        print(f"rollups of {calls:,} calls", flush=True)
