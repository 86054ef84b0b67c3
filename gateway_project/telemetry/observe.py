"""Counts the calls that have ended."""

import time

from gateway_project.telemetry import metrics
from gateway_project.telemetry.access import note_call
from metering.admission.waiting_room import WaitEnd
from metering.calls.values import Call
from metering.ledger.commands import Attempt
from metering.money import NANO_PER_USD
from metering.types import EstimateReason, Outcome, Task


def call_ended(call: Call, attempts: tuple[Attempt, ...]) -> None:
    """Count a call and its attempts (metering's Observer)."""
    model_class = call.model.model_class
    metrics.calls.add(call.policy.task, model_class)
    note_call(call, attempts)
    metrics.overhead_s.observe(time.monotonic() - call.started_s - call.waited_s - call.allowance.vendor_s)
    _count_further_attempts(call.allowance.first_model.provider_name, attempts)
    if call.cache is not None:
        metrics.cache_calls.add(call.cache.status.value)
    if call.guarded is not None:
        metrics.guarded.add(call.guarded.mode.value)
    for attempt in attempts:
        if attempt.outcome is Outcome.CACHED:
            metrics.cache_saved.add(model_class, by=attempt.list_cost_nano_usd or 0)
            continue
        metrics.attempts.add(attempt.provider_name, attempt.outcome.value)
        metrics.vendor_s.observe(attempt.latency_ms / 1000, attempt.provider_name)
        # The model by its name in the catalog; what the vendor calls it is its own affair.
        served = (attempt.provider_name, attempt.request_model or call.model.name, model_class)
        metrics.tokens.add(*served, "input", by=attempt.input_tokens)
        metrics.tokens.add(*served, "output", by=attempt.output_tokens)
        metrics.cost_usd.add(*served, by=attempt.cost_nano_usd / NANO_PER_USD)
        if attempt.estimate_reason == EstimateReason.IMPOSSIBLE:
            metrics.impossible_usage.add(attempt.provider_name)


def _count_further_attempts(first: str, attempts: tuple[Attempt, ...]) -> None:
    """Those that follow on a failure. Of the first vendor there is no attempt where nothing could be sent to it."""
    before, has_failed = first, False
    for attempt in attempts:
        if attempt.api_calls or attempt.outcome is Outcome.CACHED:
            continue
        if attempt.provider_name != before and (has_failed or attempt.number == 1):
            metrics.fallbacks.add(before)
        elif has_failed:
            metrics.retries.add(before)
        before, has_failed = attempt.provider_name, attempt.outcome is not Outcome.OK


def answer_kept(result: str, *, size: int = 0) -> None:
    """Count an answer that was to be kept (the answer cache's Kept)."""
    metrics.cache_answers.add(result)
    if size:
        metrics.cache_bytes.add(by=size)


def call_replayed(task: Task, *, beyond_rate: bool) -> None:
    """Count a request that was answered again (metering's ReplayObserver)."""
    metrics.replays.add(task.value, "denied" if beyond_rate else "allowed")


def wait_ended(end: WaitEnd, seconds: float) -> None:
    """Count a wait for room (metering's waiting room's Observer)."""
    metrics.waits.observe(seconds, end.value)
