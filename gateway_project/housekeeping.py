"""Does a server's work beside requests: sweep expired reservations, make partitions, forget old answers.

Celery beat does the same, but for what only this process knows: the tokens' last use and what it answered. Both may
run, and either is enough.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

from django.conf import settings
from django.db import DatabaseError

from gateway_project.telemetry.proof import ServedCounts, read_levels
from metering.calls.cached_directory import CachedDirectory
from metering.idempotency.forget import forget_answers
from metering.identity.tokens.touch_tokens import touch_tokens
from metering.ledger.periods import make_partitions
from metering.ledger.recount import recount_meters
from metering.ledger.sweep import sweep_reservations
from metering.orm import in_database_thread

PARTITIONS_INTERVAL_S = 3600.0
FORGET_INTERVAL_S = 900.0
TOUCH_INTERVAL_S = 60.0
LEVELS_INTERVAL_S = 600.0
LAST_WORD_S = 2.0
logger = logging.getLogger(__name__)


@asynccontextmanager
async def housekeeping(directory: CachedDirectory) -> AsyncIterator[None]:
    """Run these jobs until the block ends."""

    async def _touch() -> None:
        """Writes down when tokens were used, which only this process knows."""
        if used := directory.take_used_tokens():
            await in_database_thread(touch_tokens, token_ids=used, now=datetime.now(UTC))

    served = ServedCounts()

    async def _served() -> None:
        await in_database_thread(served.write_down, datetime.now(UTC))

    jobs = [
        asyncio.create_task(_every(settings.SWEEP_INTERVAL_S, _sweep), name="housekeeping.sweep"),
        # Apart from the sweep: in a large window it takes long, and holds must not wait for it.
        asyncio.create_task(_every(settings.SWEEP_INTERVAL_S, _recount), name="housekeeping.recount"),
        asyncio.create_task(_every(PARTITIONS_INTERVAL_S, _partitions), name="housekeeping.partitions"),
        asyncio.create_task(_every(FORGET_INTERVAL_S, _forget), name="housekeeping.forget"),
        asyncio.create_task(_every(TOUCH_INTERVAL_S, _touch), name="housekeeping.touch"),
        asyncio.create_task(_every(TOUCH_INTERVAL_S, _served), name="housekeeping.served"),
        asyncio.create_task(_every(LEVELS_INTERVAL_S, _levels), name="housekeeping.levels"),
    ]
    try:
        yield
    finally:
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)
        with suppress(DatabaseError, TimeoutError):  # what was counted in the last minute
            await asyncio.wait_for(_served(), LAST_WORD_S)


async def _every(interval_s: float, job: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await job()
        except Exception as error:  # noqa: BLE001 - the next round may do better; the server goes on
            logger.warning("housekeeping.failed", extra={"job": job.__name__, "error": type(error).__name__})
        # Jitter keeps many processes from doing it at the same moment.
        await asyncio.sleep(interval_s * random.uniform(0.8, 1.2))  # noqa: S311


async def _sweep() -> None:
    await sweep_reservations(settings.LEDGER_DATABASE_URL)


async def _recount() -> None:
    await recount_meters(settings.LEDGER_DATABASE_URL)


async def _partitions() -> None:
    await in_database_thread(make_partitions, settings.LEDGER_DATABASE_URL, datetime.now(UTC))


async def _levels() -> None:
    await in_database_thread(read_levels, datetime.now(UTC))


async def _forget() -> None:
    await in_database_thread(forget_answers, settings.LEDGER_DATABASE_URL, datetime.now(UTC))
