"""Publishes this process's numbers: every second, and once more at the end."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from gateway_project.telemetry import metrics
from gateway_project.telemetry.exchange import Exchange
from gateway_project.wiring import Runtime

PUBLISH_S = 1.0
logger = logging.getLogger(__name__)


@asynccontextmanager
async def published(runtime: Runtime) -> AsyncIterator[None]:
    """Read the runtime's gauges, and publish everything every second, until the block ends."""
    metrics.tasks.read = lambda: len(asyncio.all_tasks(runtime.loop))
    metrics.waiting_for_room.read = lambda: runtime.waiting.waiting
    metrics.ledger_waiting.read = lambda: runtime.writer.waiting
    metrics.ledger_reachable.read = lambda: runtime.writer.is_reachable
    metrics.rates_shared.read = lambda: runtime.buckets.is_shared
    metrics.circuits_open.read = runtime.vendors.router.count_circuits
    metrics.routing_shared.read = lambda: runtime.vendors.router.board.is_shared
    metrics.listening.read = lambda: runtime.changes.is_listening
    spool = runtime.spool
    if spool is not None:
        metrics.spool_calls.read = lambda: spool.waiting
        metrics.spool_oldest_s.read = lambda: spool.oldest_s
        metrics.spool_bytes.read = lambda: spool.bytes
        metrics.spool_unseen.read = lambda: spool.unseen_nano_usd
        metrics.spool_set_aside.read = lambda: spool.refused + spool.damaged
    publishing = asyncio.create_task(_publish(runtime.exchange), name="telemetry.publish")
    try:
        yield
    finally:
        publishing.cancel()
        await asyncio.gather(publishing, return_exceptions=True)
        for gauge in (
            metrics.tasks,
            metrics.waiting_for_room,
            metrics.ledger_waiting,
            metrics.ledger_reachable,
            metrics.rates_shared,
            metrics.circuits_open,
            metrics.routing_shared,
            metrics.listening,
            metrics.spool_calls,
            metrics.spool_oldest_s,
            metrics.spool_bytes,
            metrics.spool_unseen,
            metrics.spool_set_aside,
        ):
            gauge.read = None
        with suppress(OSError):
            runtime.exchange.publish()


async def _publish(exchange: Exchange) -> None:
    told = False
    while True:
        try:
            exchange.publish()
            told = False
        except OSError as error:
            if not told:
                logger.warning("telemetry.not_published", extra={"error": type(error).__name__})
            told = True
        await asyncio.sleep(PUBLISH_S)
