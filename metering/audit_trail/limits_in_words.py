"""Sentences about rules and budgets: `raised max_tokens_out of team red from 2,000 to 8,000`."""

from collections.abc import Callable, Mapping
from typing import Any

from metering.audit_trail.names import KINDS, Names
from metering.audit_trail.values import amount_text, value_text
from metering.types import Dimension, Task

WINDOWS = {"hour": "an hour", "day": "a day", "week": "a week", "month": "a month", "total": "in all"}
UNITS = {
    Dimension.REQUESTS: "calls",
    Dimension.INPUT_TOKENS: "tokens in",
    Dimension.OUTPUT_TOKENS: "tokens out",
    Dimension.API_CALLS: "searches",
}
TASKS = {Task.CHAT: "chat", Task.PRIOR_ART: "prior art", Task.DRAFTING: "drafting", Task.DIAGRAM: "diagrams"}


def whose(limit: Mapping[str, Any], names: Names, tenant: str) -> str:
    """Whom a limit is for: `team red`, `ann@alder.example`, `plan PRO`, `everybody at Alder`."""
    scope, scope_id = str(limit.get("scope", "")), limit.get("scope_id", "")
    if scope == "tenant":
        return f"everybody at {tenant}" if tenant else "the tenant"
    if scope in KINDS:
        return names.of(scope, scope_id) or f"a {scope} that is gone"
    if scope == "global":
        return "the gateway"
    return f"{scope} {scope_id}".strip() or "somebody"


def rule_sentence(limit: Mapping[str, Any], who: str) -> str:
    """What was done to a rule's value, as a verb and its object."""
    before, after = (limit.get("before") or {}).get("value"), (limit.get("after") or {}).get("value")
    task = TASKS.get(limit.get("task", ""), limit.get("task"))
    key = f"{limit.get('key', 'a rule')}{f' for {task}' if task else ''}"
    if before is None:
        return f"set {key} of {who} to {value_text(after)}"
    if before == after:
        return f"changed how {key} of {who} ({value_text(after)}) is enforced"
    return f"{_moved(before, after)} {key} of {who} from {value_text(before)} to {value_text(after)}"


def budget_sentence(limit: Mapping[str, Any], who: str) -> str:
    """What was done to a budget's amount."""
    before, after = (limit.get("before") or {}).get("amount"), (limit.get("after") or {}).get("amount")
    what = _what(limit)
    if before is None:
        return f"set a budget of {_amount(limit, after)} for {who}"
    if before == after:
        return f"changed the budget of {_amount(limit, after)} for {who}"
    dimension = str(limit.get("dimension", ""))
    old, new = amount_text(dimension, before), amount_text(dimension, after)
    return f"{_moved(before, after)} the {what} of {who} from {old} to {new}"


def lifted_sentence(limit: Mapping[str, Any], who: str) -> str:
    """What was done to a rule or budget that counts no more."""
    before = limit.get("before") or {}
    if "key" in limit:
        value = f" ({value_text(before['value'])})" if "value" in before else ""
        return f"lifted {limit['key']}{value} of {who}"
    if "amount" in before:
        return f"lifted the budget of {_amount(limit, before['amount'])} for {who}"
    return f"lifted the {_what(limit)} of {who}"


def override_sentence(limit: Mapping[str, Any], who: str) -> str:
    """What was added to a budget beside its amount."""
    verb = "topped up" if limit.get("reference") else "raised"
    return f"{verb} the {_what(limit)} of {who} by {_more(limit, 'added')}"


def taken_back_sentence(limit: Mapping[str, Any], who: str) -> str:
    """What was done to an override that was removed."""
    return f"took back {_more(limit, 'added')} more of the {_what(limit)} of {who}"


def asked_sentence(verb: str) -> Callable[[Mapping[str, Any], str], str]:
    """A request for quota, and what became of it: `denied the request for $15 more of …`."""

    def sentence(limit: Mapping[str, Any], who: str) -> str:
        granted = limit.get("granted")
        other = granted not in (None, limit.get("asked"))
        said = f", with {_more(limit, 'granted')}" if other else ""
        return f"{verb} {_more(limit, 'asked')} more of the {_what(limit)} of {who}{said}"

    return sentence


def _more(limit: Mapping[str, Any], name: str) -> str:
    dimension = str(limit.get("dimension", ""))
    unit = "" if dimension in (Dimension.COST, "") else f" {_unit(dimension)}"
    return f"{amount_text(dimension, limit.get(name))}{unit}"


def _what(limit: Mapping[str, Any]) -> str:
    dimension = _unit(str(limit.get("dimension", "")))
    window = limit.get("window", "")
    return " ".join(
        filter(None, (f"{window}'s" if window and window != "total" else "", dimension, "budget"))
    )


def _amount(limit: Mapping[str, Any], amount: object) -> str:
    dimension = str(limit.get("dimension", ""))
    unit = "" if dimension in (Dimension.COST, "") else f" {_unit(dimension)}"
    task = TASKS.get(limit.get("task", ""), limit.get("task"))
    of = " for ".join(filter(None, (limit.get("model_class"), task)))
    return " ".join(
        filter(
            None,
            (
                f"{amount_text(dimension, amount)}{unit}",
                WINDOWS.get(str(limit.get("window", "")), ""),
                f"on {of}" if of else "",
            ),
        )
    )


def _unit(dimension: str) -> str:
    return (
        UNITS.get(Dimension(dimension), dimension.replace("_", " "))
        if dimension in set(Dimension)
        else dimension
    )


def _moved(before: object, after: object) -> str:
    if not isinstance(before, int) or not isinstance(after, int):
        return "changed"
    return "raised" if after > before else "lowered"
