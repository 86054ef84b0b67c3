"""The sweeper: ends reservations whose lease has run out, so that no hold outlives its owner for long.

Safe to run anywhere, any number of times at once: it passes over rows that somebody else has locked.
"""

import asyncio

import psycopg
from msgspec import Struct

from metering.ledger.commands import Expire
from metering.ledger.postgres.conflict import BatchConflict
from metering.ledger.postgres.connect import connect
from metering.ledger.postgres.openings import Openings
from metering.ledger.postgres.process_cache import ProcessCache
from metering.ledger.postgres.store import PostgresStore
from metering.ledger.results import Ended

BATCH = 500
PAUSE_S = 0.002
"""Between batches, so that admissions on the same meters get their turn."""
MAX_FAILURES = 5

DUE = """
SELECT id FROM metering_usagereservation WHERE state = 0 AND lease_expires_at <= clock_timestamp()
ORDER BY lease_expires_at LIMIT %s
"""


class Swept(Struct, frozen=True, kw_only=True):
    """What one sweep did."""

    expired: int
    left: int
    """Due reservations that others held locked; the next sweep meets them."""


async def sweep_reservations(conninfo: str) -> Swept:
    """End every reservation that is past its lease. Raises psycopg.Error after repeated failures."""
    finder = await connect(conninfo)
    store = PostgresStore(conninfo, ProcessCache(), Openings(conninfo))
    expired = failures = 0
    try:
        while True:
            cursor = await finder.execute(DUE, (BATCH,))
            due = [row[0] for row in await cursor.fetchall()]
            if not due:
                return Swept(expired=expired, left=0)
            try:
                results = await store.run([Expire(reservation_id=id_) for id_ in due], skip_locked=True)
            except (psycopg.OperationalError, BatchConflict):
                failures += 1
                if failures >= MAX_FAILURES:
                    raise
                await store.close()
                await asyncio.sleep(PAUSE_S * 2**failures)
                continue
            ended = [result for result in results if isinstance(result, Ended)]
            expired += sum(not result.replayed for result in ended)
            if not ended:
                return Swept(expired=expired, left=len(due))
            await asyncio.sleep(PAUSE_S)
    finally:
        await store.close()
        await finder.close()
