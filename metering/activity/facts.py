"""Lines and stories as JSON-ready facts: what the API answers, and the page's CSV is made of. Money is decimal text."""

from typing import Any

from metering.activity.histogram import Histogram
from metering.activity.line import LogLine
from metering.activity.meters_then import MeterThen
from metering.activity.names import Names
from metering.activity.story import Refusal, Story
from metering.models import LedgerEntry, QuotaAlert, UsageLog
from metering.money import usd_text
from metering.simulation.report import without_shared
from metering.types import Dimension, EntryKind, ReservationState


def line_facts(line: LogLine, names: Names) -> dict[str, Any]:
    """Return a line of the log, ready for JSON."""
    token = names.token(line)
    return {
        "id": line.id,
        "at": line.at,
        "status": line.status.value,
        "tenant": names.tenant(line),
        "team": names.team(line),
        "user": names.user(line),
        "token": token.prefix if token else None,
        "task": line.task,
        "model": line.model,
        "asked_for": line.asked_for or None,
        "provider": line.provider or None,
        "attempts": line.attempts,
        "input_tokens": line.input_tokens,
        "cached_input_tokens": line.cached_input_tokens,
        "output_tokens": line.output_tokens,
        "cost_usd": usd_text(line.cost_nano_usd),
        "held_usd": usd_text(line.held_nano_usd),
        "took_ms": line.took_ms,
        "agent": line.agent,
        "conversation": line.conversation,
        "tags": list(line.tags),
        "request_id": line.request_id,
        "times": line.times,
        "last_at": line.last_at,
        "code": line.code or None,
        "rule": line.rule or None,
        "message": line.message or None,
    }


COLUMNS = (
    "id",
    "at",
    "status",
    "tenant",
    "team",
    "user",
    "token",
    "task",
    "model",
    "asked_for",
    "provider",
    "attempts",
    "input_tokens",
    "cached_input_tokens",
    "output_tokens",
    "cost_usd",
    "held_usd",
    "took_ms",
    "agent",
    "conversation",
    "tags",
    "request_id",
    "times",
    "last_at",
    "code",
    "rule",
    "message",
)
"""Every fact of a line, in order."""


def story_facts(story: Story, names: Names) -> dict[str, Any]:
    """Return a call with all that is known of it, ready for JSON."""
    hold = story.hold
    return {
        **line_facts(story.line, names),
        "state": ReservationState(hold.state).name.lower() if hold else None,
        "held_until": hold.lease_expires_at if hold else None,
        "bound": {
            "input_tokens": hold.bound.input_tokens,
            "output_tokens": hold.bound.output_tokens,
            "cost_usd": usd_text(hold.bound.cost_nano_usd),
        }
        if hold
        else None,
        "ended_at": story.ended.recorded_at if story.ended else None,
        "attempts_made": [attempt_facts(row) for row in story.attempts],
        "entries": [entry_facts(row) for row in story.entries],
        "meters": [meter_facts(then) for then in story.meters],
        "alerts": [alert_facts(row) for row in story.alerts],
        "decisions": [
            {"id": row.pk, "verdict": row.verdict, "rule": row.rule, "message": row.message}
            for row in story.decisions
        ],
    }


def refusal_facts(refusal: Refusal, names: Names, *, with_shared: bool) -> dict[str, Any]:
    """Return a refusal with its trace, ready for JSON."""
    decision = refusal.decision
    trace = decision.trace if with_shared else [without_shared(step) for step in decision.trace]
    return {
        **line_facts(refusal.line, names),
        "rule_id": decision.rule_id,
        "mode": decision.mode,
        "trace": trace,
    }


def attempt_facts(row: UsageLog) -> dict[str, Any]:
    return {
        "attempt_id": row.pk,
        "attempt": row.attempt,
        "model": row.labels.request_model,
        "response_model": row.response_model,
        "provider": row.labels.provider_name,
        "outcome": row.outcome,
        "started_at": row.started_at,
        "latency_ms": row.latency_ms,
        "input_tokens": row.amounts.input_tokens,
        "cached_input_tokens": row.cached_input_tokens,
        "cache_write_tokens": row.cache_write_tokens,
        "output_tokens": row.amounts.output_tokens,
        "reasoning_tokens": row.reasoning_tokens,
        "cost_usd": usd_text(row.amounts.cost_nano_usd),
        "estimated": row.estimated,
        "estimate_reason": row.estimate_reason or None,
    }


def entry_facts(row: LedgerEntry) -> dict[str, Any]:
    return {
        "kind": EntryKind(row.kind).name.lower(),
        "recorded_at": row.recorded_at,
        "cost_usd": usd_text(row.amounts.cost_nano_usd),
        "reason": row.reason,
    }


def meter_facts(then: MeterThen) -> dict[str, Any]:
    meter = then.meter
    amounts = {name: getattr(then, name) for name in ("held", "charged", "before", "after", "limit")}
    if meter.dimension == Dimension.COST:
        amounts = {name: None if value is None else usd_text(value) for name, value in amounts.items()}
    return {
        "subject_type": meter.subject_type,
        "subject_id": meter.subject_id,
        "dimension": meter.dimension,
        "unit": Dimension(meter.dimension).unit,
        "window": meter.window,
        "window_start": meter.window_start,
        **amounts,
    }


def alert_facts(row: QuotaAlert) -> dict[str, Any]:
    return {
        "id": row.pk,
        "threshold": row.threshold,
        "level": row.level.value,
        "raised_at": row.raised_at,
        "subject_type": row.subject_type,
        "dimension": row.dimension,
        "window": row.window,
    }


def histogram_facts(found: Histogram) -> dict[str, Any]:
    """Return the bars and what they add up to, ready for JSON."""
    return {
        "step_s": int(found.step.total_seconds()),
        "of_sums": found.is_of_sums,
        "in_flight": found.in_flight,
        "cost_usd": usd_text(found.cost_nano_usd),
        "held_usd": usd_text(found.held_nano_usd),
        "bars": [
            {
                "since": bar.since,
                "until": bar.until,
                "calls": {status.value: times for status, times in bar.calls.items()},
            }
            for bar in found.bars
        ],
    }
