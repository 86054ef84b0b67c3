"""A replay and a decision as JSON-ready facts: the same for the command, the API and the console."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from metering.decisions.decision import EnforcementDecision
from metering.money import usd_text
from metering.simulation.replay import Replayed, Tally


def replay_facts(replayed: Replayed) -> dict[str, Any]:
    """Money as decimal text in US dollars."""
    total, denied = replayed.total, replayed.denied
    return {
        "calls": total.calls,
        "denied": denied.calls,
        "shortened": replayed.shortened.calls,
        "unknown": replayed.unknown,
        "stopped_early": replayed.stopped_early,
        "cost_usd": usd_text(total.cost_nano_usd),
        "cost_after_usd": usd_text(replayed.cost_after_nano_usd),
        "difference_usd": usd_text(replayed.cost_after_nano_usd - total.cost_nano_usd),
        "denied_by": _reasons(replayed.by_rule),
        "would_be_denied_by": _reasons(replayed.would_deny),
    }


def decision_facts(
    decision: EnforcementDecision, *, with_shared: bool, cache: Mapping[str, Any]
) -> dict[str, Any]:
    """With the whole trace, and what the cache would do; without `with_shared` nothing tells what all tenants together
    have used.
    """
    subject = decision.subject
    steps = [asdict(step) for step in decision.trace]
    hides = not with_shared and any(
        step.shared and step.source_id == decision.rule_id for step in decision.trace
    )
    return {
        "verdict": decision.verdict.value,
        "at": decision.at,
        "tenant_id": subject.tenant_id,
        "plan": subject.plan,
        "team_id": subject.team_id,
        "user_id": subject.user_id,
        "token_id": subject.token_id,
        "task": decision.task,
        "model": decision.model,
        "fallbacks": list(decision.fallbacks),
        "mode": decision.mode.value,
        "code": decision.code or None,
        "message": "There is no room." if hides else decision.message,
        "rule": decision.rule or None,
        "rule_id": decision.rule_id,
        "cache": cache,
        "trace": steps if with_shared else [without_shared(step) for step in steps],
    }


def without_shared(step: dict[str, Any]) -> dict[str, Any]:
    """A step as a tenant may see it."""
    return {**step, "used": None, "held": None, "left": None} if step.get("shared") else step


def _reasons(tallies: Mapping[tuple[str, str], Tally]) -> list[dict[str, Any]]:
    most_first = sorted(tallies.items(), key=lambda item: (-item[1].calls, item[0]))
    return [
        {"rule": rule, "code": code, "calls": tally.calls, "cost_usd": usd_text(tally.cost_nano_usd)}
        for (rule, code), tally in most_first
    ]
