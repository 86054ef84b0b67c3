"""A replay and a decision as JSON-ready facts: the same for the command, the API and the console."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from metering.decisions.decision import EnforcementDecision
from metering.ledger.commands import ALWAYS
from metering.money import usd_text
from metering.rules.registry import REGISTRY
from metering.simulation.effective_limits import EffectiveLimit, SetBy
from metering.simulation.replay import Replayed, Tally


def replay_facts(replayed: Replayed) -> dict[str, Any]:
    """Return the replay ready for JSON; money is decimal text in US dollars."""
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


def is_of_shared(trace: Iterable[Mapping[str, Any]], rule_id: UUID | None) -> bool:
    """Whether what decided, by a decision's stored trace, is a limit that all tenants share."""
    deciding = None if rule_id is None else str(rule_id)
    return any(step.get("shared") and step.get("source_id") == deciding for step in trace)


def without_shared(step: dict[str, Any]) -> dict[str, Any]:
    """A step as a tenant may see it."""
    return {**step, "used": None, "held": None, "left": None} if step.get("shared") else step


def _reasons(tallies: Mapping[tuple[str, str], Tally]) -> list[dict[str, Any]]:
    most_first = sorted(tallies.items(), key=lambda item: (-item[1].calls, item[0]))
    return [
        {"rule": rule, "code": code, "calls": tally.calls, "cost_usd": usd_text(tally.cost_nano_usd)}
        for (rule, code), tally in most_first
    ]


def limit_facts(limit: EffectiveLimit) -> dict[str, Any]:
    """A limit with its sources as JSON-ready facts; money as decimal text in US dollars."""
    spec = REGISTRY.get(limit.key)

    def by(source: SetBy) -> dict[str, Any]:
        is_money = limit.is_budget and limit.unit == "usd"
        return {
            "value": usd_text(int(source.value)) if is_money else source.value,
            "set_by": source.name,
            "scope": source.scope.value if source.scope is not None else None,
            "id": source.id,
            "task": source.task,
            "since": source.since if source.since != ALWAYS else None,
            "when": source.when,
        }

    return {
        "key": limit.key,
        "meaning": spec.meaning if spec is not None else "",
        "unit": limit.unit,
        "counted_for": limit.counted_for,
        "model_class": limit.model_class or None,
        "tasks": list(limit.tasks),
        "mode": limit.mode.value,
        "is_budget": limit.is_budget,
        "is_tighter": limit.is_tighter,
        "override": usd_text(limit.override) if limit.is_budget and limit.unit == "usd" else limit.override,
        **by(limit.set_by),
        "in_place_of": [by(source) for source in limit.in_place_of],
        "not_now": [by(source) for source in limit.not_now],
    }
