"""A meter that began in the middle of its window has taken over what the log shows of the calls that are not on it.

Not asked of one that is due to be counted again, nor where rows of its window were dropped.
"""

from collections.abc import Iterator

import psycopg

from metering.ledger.past import past_queries
from metering.ledger.recount import meter_key

LATE = """
SELECT meter.id, meter.subject_type, meter.subject_id, meter.tenant_id, meter.dimension, meter."window", meter.task,
    meter.model_class, meter.window_start, meter.window_end,
    (SELECT coalesce(sum(amount), 0) FROM metering_openingentry WHERE meter_id = meter.id AND NOT of_dropped)
FROM metering_usagemeter meter
WHERE meter.opened_late AND NOT meter.retired AND meter.dimension <> 'concurrency'
    AND meter.counted_at > '1970-01-01 00:00:00+00'
    AND NOT EXISTS (SELECT FROM metering_meterrecount recount WHERE recount.meter_id = meter.id)
    AND (meter.window_end IS NULL OR NOT EXISTS (
        SELECT FROM metering_ledgerperiod period
        WHERE period.state = 'dropped' AND period.month + interval '1 month' > meter.window_start AT TIME ZONE 'UTC'
    ))
ORDER BY meter.id
"""
Wrong = tuple[int, int, int]
"""Meter id, what the log shows, what the meter took over."""


def wrong_openings(connection: psycopg.Connection, limit: int) -> Iterator[Wrong]:
    """Return at most `limit` meters that took over something else."""
    found = 0
    for meter_id, *facts, start, end, opened in connection.execute(LATE).fetchall():
        shown = 0
        for text, parameters in past_queries(meter_key(*facts), start, end, meter_id=meter_id):
            row = connection.execute(text, parameters).fetchone()
            shown += int(row[0]) if row else 0
        if shown != opened:
            yield meter_id, shown, int(opened)
            found += 1
            if found == limit:
                return
