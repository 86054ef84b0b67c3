"""What a rule or a budget does, as a sentence: shown before it is saved, and in lists."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from admin_console.display import amount_of
from admin_console.words import (
    DIMENSIONS,
    each_word,
    key_word,
    plain,
    scope_word,
    task_word,
    value_word,
    window_word,
)
from metering.models import Budget, PolicyRule
from metering.rules.registry import REGISTRY
from metering.rules.rule_key import Merge
from metering.types import Dimension, EnforcementMode, Scope

THEN = {
    EnforcementMode.ENFORCE: "are refused",
    EnforcementMode.WARN: "pass with a warning",
    EnforcementMode.OBSERVE: "pass, and it is noted",
}
ALL = 100
_DAYS = {"mon": "Mon", "tue": "Tue", "wed": "Wed", "thu": "Thu", "fri": "Fri", "sat": "Sat", "sun": "Sun"}


def budget_sentence(budget: Budget, whom: str) -> str:
    """`Calls of Tenant Cedar that would cost more than $5.00 a day in all are refused.`"""
    if not budget.is_active:
        return f"Switched off: counts for nothing. {_limit(budget, whom)}."
    then = THEN[EnforcementMode(budget.mode)] if budget.hard else THEN[EnforcementMode.WARN]
    told = ", ".join(f"{each} %" for each in budget.thresholds)
    told = f" People are told at {told}." if told else " Nobody is told before."
    return f"{_limit(budget, whom)} {then}.{_share(budget)}{told}"


def _limit(budget: Budget, whom: str) -> str:
    kind = " ".join(filter(None, (task_word(budget.task_id), "calls"))).capitalize()
    amount = amount_of(budget.dimension, budget.amount)
    if budget.dimension == Dimension.COST:
        more = f"that would bring the cost above {amount}"
    elif budget.dimension == Dimension.REQUESTS:
        more = f"beyond {amount}"
    else:
        more = (
            f"that would use more than {amount} {DIMENSIONS.get(budget.dimension, plain(budget.dimension))}"
        )
    own = budget.scope in (Scope.PLAN, Scope.GLOBAL) and budget.per != Scope.GLOBAL
    who = (
        f"{each_word(budget.per)}{f' on {_lower(whom)}' if budget.scope == Scope.PLAN else ''}"
        if own
        else _lower(whom)
    )
    models = f" with {budget.model_class_id} models" if budget.model_class_id else ""
    return f"{kind} of {who}{models} {more} {window_word(budget.window)}"


def rule_sentence(rule: PolicyRule, whom: str) -> str:
    """`Tokens out: at most 8,000 tokens for Tenant Cedar, for Drafting. Calls that want more are refused.`"""
    spec = REGISTRY.get(rule.key)
    value = value_word(rule.key, rule.value)
    bound = (
        "at most "
        if spec is not None and spec.merge is Merge.LOWER and not spec.choices and spec.is_limit
        else ""
    )
    only = "".join(
        f", {part}"
        for part in (
            task_word(rule.task_id) and f"for {task_word(rule.task_id)}",
            when_words(rule.conditions),
        )
        if part
    )
    said = f"{key_word(rule.key)}: {bound}{value} for {_lower(whom)}{only}."
    if not rule.is_active:
        return f"Switched off: counts for nothing. {said}"
    then = f" Calls that want more {THEN[EnforcementMode(rule.mode)]}." if bound else ""
    return f"{said}{then}{_share(rule)}"


def when_words(conditions: Mapping[str, Any]) -> str:
    """A condition in words; empty: always."""
    if not conditions:
        return ""
    hours = conditions.get("hours", [])
    spans = [hours] if isinstance(hours, str) else list(hours)
    parts = [", ".join(_DAYS.get(day, day) for day in conditions.get("days", []))]
    parts += [", ".join(span.replace("-", " to ") for span in spans)]
    parts += [f"from {_moment(conditions['valid_from'])}" if conditions.get("valid_from") else ""]
    parts += [f"until {_moment(conditions['valid_until'])}" if conditions.get("valid_until") else ""]
    parts += [_usage(conditions.get("usage"))]
    said = "; ".join(filter(None, parts))
    return f"{said} ({conditions['timezone']})" if conditions.get("timezone") else said


def _usage(usage: Mapping[str, Any] | None) -> str:
    if not usage:
        return ""
    scope, _, budget = str(usage.get("budget", "")).rpartition(" ")
    dimension, _, window = budget.partition("/")
    whose = f"{scope_word(scope)}'s " if scope else ""
    return f"once {usage.get('from_percent')} % of the {whose}{plain(dimension)} of the {window} is used"


def _moment(text: str) -> str:
    moment = datetime.fromisoformat(text)
    return f"{moment:%-d %b %Y, %H:%M}" if "T" in text else f"{moment:%-d %b %Y}"


def _share(row: Budget | PolicyRule) -> str:
    is_partial = row.enforce_percent < ALL and row.mode == EnforcementMode.ENFORCE
    return (
        f" That counts for {row.enforce_percent} % of people and tokens; for the others it is noted."
        if is_partial
        else ""
    )


def _lower(whom: str) -> str:
    """Within a sentence; a name keeps its capitals."""
    return whom[:1].lower() + whom[1:]
