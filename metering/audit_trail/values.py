"""Old and new values of a change as people read them: no ids, no JSON, no nano-USD."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID

from metering.audit_trail.names import Names
from metering.money import usd_text
from metering.types import Dimension

NONE = "-"
FIELDS = {
    "is_active": "in use",
    "hard": "at the limit",
    "signup_token": "token behind it",
    "signups_allowed": "sign-ups",
    "expires_at": "end",
    "enforce_percent": "enforced for",
    "model_class": "model class",
    "per": "counted for each",
    "last4": "ends with",
}
UNSAID = frozenset({"given", "set_by", "scope_id"})
"""What people need not know of a change."""
USUAL = {"is_active": True, "enforce_percent": 100, "mode": "enforce", "hard": True, "model_class": None}
"""What is not said of something new."""
OPERATORS_OWN = frozenset({"markup_percent"})
"""What is told to operators only."""
IDS = {"user": "user", "team": "team", "signup_token": "token", "tenant": "tenant"}
NARROWED = frozenset({"allowed_tasks", "allowed_models", "allowed_networks"})
ROLES = {"TENANT_ADMIN": "administrator", "MEMBER": "member", "SUPER_ADMIN": "operator"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One value before and after. `before` is empty where there was nothing before."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What is needed to write the values of an event as people read them."""

    names: Names
    zone: tzinfo
    is_operators: bool = False
    """Whether operators read it, or a tenant's people."""
    dimension: str = ""
    """Of the budget that it is about."""


def changes_in(facts: Mapping[str, Any], reading: Reading) -> list[Change]:
    """Return what an event changed, whichever of the forms its facts have."""
    pairs = [
        (name, _text(name, before, reading), _text(name, after, reading))
        for name, before, after in _pairs(facts)
        if name not in UNSAID and (reading.is_operators or name not in OPERATORS_OWN)
    ]
    return [
        Change(field=field_name(name), before=before, after=after)
        for name, before, after in pairs
        if before != after
    ]


def field_name(name: str) -> str:
    """What people call a field."""
    return FIELDS.get(name, name.replace("_", " "))


def amount_text(dimension: str, amount: object) -> str:
    """Return a budget's amount as people read it: `$5`, `2,000`."""
    if isinstance(amount, int) and not isinstance(amount, bool):
        return f"${usd_text(amount)}" if dimension == Dimension.COST else f"{amount:,}"
    return f"${amount}" if dimension == Dimension.COST and amount not in (None, "") else str(amount)


def moment_text(moment: datetime, zone: tzinfo) -> str:
    """Return a moment as people read it: `Thu 26 Nov 2026, 14:32`."""
    local = moment.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M}"


def value_text(value: object) -> str:
    """Return a rule's value as people read it: `8,000`, `PRO_M`, `project, cost-centre`."""
    if isinstance(value, list):
        return ", ".join(map(str, value)) or NONE
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _pairs(facts: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    if isinstance(facts.get("after"), Mapping):
        before, is_new = facts.get("before") or {}, not facts.get("before")
        return [
            (name, before.get(name), value)
            for name, value in facts["after"].items()
            if not (is_new and USUAL.get(name) == value)
        ]
    if isinstance(facts.get("changes"), Mapping):
        return [
            (name, *(pair if _is_pair(pair) else (None, pair))) for name, pair in facts["changes"].items()
        ]
    return [
        (name, *pair) for name, pair in facts.items() if _is_pair(pair) and name not in ("before", "after")
    ]


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2


def _text(name: str, value: Any, reading: Reading) -> str:
    if name == "amount" and value is not None:
        return amount_text(reading.dimension, value)
    if name == "hard" and value is not None:
        return "blocks" if value else "warns"
    if name in NARROWED and not value:
        return "all"
    if name in IDS and value:
        return reading.names.of(IDS[name], value).removeprefix("the ") or "one that is gone"
    if name == "role":
        return ROLES.get(str(value), str(value))
    return _plain(value, reading)


def _plain(value: Any, reading: Reading) -> str:
    if value is None or value in ("", [], {}):
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_plain(each, reading) for each in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{field_name(str(name))} {_plain(each, reading)}" for name, each in value.items())
    if isinstance(value, str):
        return _moment_or_text(value, reading)
    return value_text(value)


def _moment_or_text(text: str, reading: Reading) -> str:
    if _is_id(text):
        return "another"
    if "T" in text:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return text
        if moment.tzinfo is not None:
            return moment_text(moment, reading.zone)
    return text


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return len(text) == 36
