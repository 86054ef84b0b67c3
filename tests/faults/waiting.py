"""Waiting that always ends."""

import asyncio
import time
from collections.abc import Callable

from tests.faults.rows import query

LONGEST_LEASE_S = 20


async def until(condition: Callable[[], bool], *, within_s: float, every_s: float = 0.02) -> None:
    """Raises TimeoutError with what was waited for."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {within_s} s")
        await asyncio.sleep(every_s)


async def until_leases_are_over(database: str) -> None:
    """Until a sweep has something to do with every hold that is left."""
    held = "SELECT count(*) FROM metering_usagereservation WHERE state = 0 AND lease_expires_at > clock_timestamp()"
    await until(lambda: query(database, held) == [(0,)], within_s=LONGEST_LEASE_S, every_s=0.1)
