"""Where the numbers come from: ended calls, and what runs in this process."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from gateway_project.telemetry import metrics
from gateway_project.telemetry.exchange import Exchange
from metering.calls.values import Call
from metering.ledger.commands import Attempt
from metering.types import EstimateReason, Task

if TYPE_CHECKING:
    from gateway_project.wiring import Runtime

PUBLISH_S = 1.0
logger = logging.getLogger(__name__)


def call_ended(call: Call, attempts: tuple[Attempt, ...]) -> None:
    """Count a call and its attempts (metering's Observer)."""
    model_class = call.model.model_class
    metrics.calls.add(call.policy.task, model_class)
    metrics.overhead_s.observe(time.monotonic() - call.started_s - call.allowance.vendor_s)
    for attempt in attempts:
        metrics.attempts.add(attempt.provider_name, attempt.outcome.value)
        metrics.vendor_s.observe(attempt.latency_ms / 1000, attempt.provider_name)
        metrics.tokens.add(model_class, "input", by=attempt.input_tokens)
        metrics.tokens.add(model_class, "output", by=attempt.output_tokens)
        if attempt.estimate_reason == EstimateReason.IMPOSSIBLE:
            metrics.impossible_usage.add(attempt.provider_name)


def call_replayed(task: Task, *, beyond_rate: bool) -> None:
    """Count a request that was answered again (metering's ReplayObserver)."""
    metrics.replays.add(task.value, "denied" if beyond_rate else "allowed")


@asynccontextmanager
async def published(runtime: "Runtime") -> AsyncIterator[None]:
    """Read the runtime's gauges, and publish everything every second, until the block ends."""
    metrics.tasks.read = lambda: len(asyncio.all_tasks(runtime.loop))
    metrics.ledger_waiting.read = lambda: runtime.writer.waiting
    metrics.ledger_reachable.read = lambda: runtime.writer.is_reachable
    metrics.rates_shared.read = lambda: runtime.buckets.is_shared
    metrics.listening.read = lambda: runtime.changes.is_listening
    publishing = asyncio.create_task(_publish(runtime.exchange), name="telemetry.publish")
    try:
        yield
    finally:
        publishing.cancel()
        await asyncio.gather(publishing, return_exceptions=True)
        for gauge in (
            metrics.tasks,
            metrics.ledger_waiting,
            metrics.ledger_reachable,
            metrics.rates_shared,
            metrics.listening,
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
