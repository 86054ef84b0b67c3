"""Meters that are due to be counted again: see metering/ledger/postgres/opening.py.

Safe to run anywhere, any number of times at once: the lock of a meter's key keeps two from counting it together.
"""

from datetime import datetime

import psycopg

from metering.ledger.commands import ALWAYS, MeterKey
from metering.ledger.past import past_queries
from metering.ledger.postgres.connect import connect
from metering.ledger.postgres.opening import Late, look_back
from metering.types import Dimension, Window

BATCH = 100
DUE = """
SELECT recount.meter_id, max(recount.id), meter.subject_type, meter.subject_id, meter.tenant_id, meter.dimension,
    meter."window", meter.task, meter.model_class, meter.window_start, meter.window_end, meter.highest_limit
FROM metering_meterrecount recount JOIN metering_usagemeter meter ON meter.id = recount.meter_id
WHERE recount.due_at <= clock_timestamp() GROUP BY recount.meter_id, meter.id ORDER BY 2 LIMIT %s
"""
DONE = "DELETE FROM metering_meterrecount WHERE meter_id = %s AND id <= %s AND due_at <= clock_timestamp()"
OPEN_ENDED = """
SELECT id, subject_type, subject_id, tenant_id, dimension, "window", task, model_class FROM metering_usagemeter
WHERE opened_late AND window_end IS NULL AND dimension <> 'concurrency' AND EXISTS (
    SELECT FROM metering_openingentry entry WHERE entry.meter_id = metering_usagemeter.id AND NOT entry.of_dropped
)
ORDER BY id
"""
"""Those that took something over: few, while each conversation may have a meter that began with its first call."""
KEPT = """
INSERT INTO metering_openingentry (meter_id, amount, past_limit, of_dropped, recorded_at)
SELECT %(meter)s, amount, 0, of_dropped, clock_timestamp()
FROM (VALUES (%(amount)s, true), (-%(amount)s, false)) entry (amount, of_dropped)
"""


async def recount_meters(conninfo: str) -> int:
    """Count every meter again that is due. Return how many. Raises psycopg.Error."""
    connection = await connect(conninfo)
    counted = 0
    try:
        while True:
            cursor = await connection.execute(DUE, (BATCH,))
            rows = await cursor.fetchall()
            for meter_id, request, *facts, start, end, highest_limit in rows:
                late = Late(
                    meter_id=meter_id,
                    key=meter_key(*facts),
                    start=start,
                    end=end,
                    counts_since=ALWAYS,
                    limit=highest_limit,
                    release_on_expiry=facts[3] == Dimension.CONCURRENCY,
                    again=True,
                )
                await look_back(conninfo, [late])
                await connection.execute(DONE, (meter_id, request))
                counted += 1
            if len(rows) < BATCH:
                return counted
    finally:
        await connection.close()


def keep_past_of(connection: psycopg.Connection, start: datetime, end: datetime) -> None:
    """Let meters without an end keep what they took over from a month, before its rows are dropped."""
    for meter_id, *facts in connection.execute(OPEN_ENDED).fetchall():
        queries = past_queries(meter_key(*facts), start, end, meter_id=meter_id)
        amount = sum(
            int((connection.execute(text, parameters).fetchone() or (0,))[0]) for text, parameters in queries
        )
        if amount:
            connection.execute(KEPT, {"meter": meter_id, "amount": amount})


def meter_key(
    subject_type: str,
    subject_id: str,
    tenant_id: object,
    dimension: str,
    window: str,
    task: str,
    model_class: str,
) -> MeterKey:
    """Return the key of a row. Its calendar is not needed where its window is known."""
    return MeterKey(
        subject_type=subject_type,
        subject_id=subject_id,
        tenant_id=tenant_id,  # type: ignore[arg-type]
        dimension=Dimension(dimension),
        window=Window(window),
        task=task,
        model_class=model_class,
    )
