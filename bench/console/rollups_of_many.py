"""Rollups as those of many more calls would be: every sum is as many times as large, and there are more to tell apart.

Of ten times as many calls there are as many people, models and days, but ten times as many conversations. So the rows
that tell conversations apart are written several times over.
"""

import psycopg

from metering.models import UsageLog, UsageRollup
from metering.rollups.levels import ANY_ZONE, Level
from metering.rollups.measures import MEASURES

COPIES_OF_CONVERSATIONS = 9
LARGER = """
UPDATE metering_usagerollup SET {sums}
"""
MORE = """
INSERT INTO metering_usagerollup ({columns})
SELECT {shown} FROM metering_usagerollup, generate_series(1, {copies}) copy WHERE level = {level} AND zone <> '{any}'
"""


def write_rollups(conninfo: str, calls: int) -> None:
    """In the place of those that there are."""
    factor = calls // max(UsageLog.objects.count(), 1)
    fields = [field.column for field in UsageRollup._meta.concrete_fields if not field.primary_key]
    shown = ", ".join(
        "conversation_id || '/' || copy" if name == "conversation_id" else name for name in fields
    )
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(
            LARGER.format(sums=", ".join(f"{name} = {factor} * {name}" for name in MEASURES)).encode()
        )
        connection.execute(
            MORE.format(
                columns=", ".join(fields),
                shown=shown,
                copies=COPIES_OF_CONVERSATIONS,
                level=Level.CONVERSATIONS.value,
                any=ANY_ZONE,
            ).encode()
        )
        connection.execute("VACUUM ANALYZE metering_usagerollup")
        connection.execute("CHECKPOINT")
