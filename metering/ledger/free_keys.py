"""Free the idempotency keys of calls that ended long ago, so that they may be used for something new."""

from datetime import datetime

import psycopg

BATCH = 1_000

FREE = """
UPDATE metering_usagereservation SET idempotency_key = NULL WHERE id IN (
    SELECT id FROM metering_usagereservation
    WHERE idempotency_key IS NOT NULL AND state <> 0 AND ended_at < %s
    LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
)
"""


def free_keys(conninfo: str, *, ended_before: datetime) -> int:
    """Free them, and return how many. Rows that others have locked are left for the next time. Raises psycopg.Error."""
    freed = 0
    with psycopg.connect(conninfo, autocommit=True) as connection:
        while True:
            count = connection.execute(FREE, (ended_before, BATCH)).rowcount
            freed += count
            if count < BATCH:
                return freed
