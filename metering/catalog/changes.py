"""What loading a catalog changes, for people and for programs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from django.db import models

from metering.models import Budget, PolicyRule


class Action(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


Fields = dict[str, tuple[object, object]]
"""Names of fields with their values before and after."""

_SIGNS = {Action.ADDED: "+", Action.CHANGED: "~", Action.REMOVED: "-"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One row that is added, changed or removed; `fields` maps a name to its value before and after."""

    action: Action
    kind: str
    name: str
    fields: Mapping[str, tuple[object, object]] = field(default_factory=dict)

    def as_line(self) -> str:
        """`~ model small: context_tokens 1000 -> 2000`"""
        differences = ", ".join(
            f"{name} {shown_value(before)} -> {shown_value(after)}"
            if self.action is Action.CHANGED
            else f"{name} {shown_value(after)}"
            for name, (before, after) in self.fields.items()
        )
        line = f"{_SIGNS[self.action]} {self.kind} {self.name}"
        return f"{line}: {differences}" if differences else line

    def as_json(self) -> dict[str, object]:
        """The same in types that JSON has; Decimals become text."""
        return {
            "action": self.action.value,
            "kind": self.kind,
            "name": self.name,
            "fields": {
                name: {"before": _plain(before), "after": _plain(after)}
                for name, (before, after) in self.fields.items()
            },
        }


def assign(row: models.Model, values: Mapping[str, object]) -> Fields:
    """Set attributes of a row; what differed, with the values before and after. The row is not saved."""
    differences: Fields = {}
    for name, after in values.items():
        before = getattr(row, name)
        if before != after:
            differences[name] = (before, after)
            setattr(row, name, after)
    return differences


def update_active(row: PolicyRule | Budget, values: Mapping[str, object]) -> tuple[Action, Fields] | None:
    """Save the values in a row and make it active. None if that changes nothing; ADDED if it was inactive."""
    was_active = row.is_active
    fields = assign(row, {**values, "is_active": True})
    if not fields:
        return None
    row.save(update_fields=list(fields))
    if was_active:
        return Action.CHANGED, fields
    return Action.ADDED, {name: (None, getattr(row, name)) for name in values}


def decimal_text(value: Decimal) -> str:
    """Writes a Decimal in plain notation without trailing zeros."""
    return format(value.normalize() + 0, "f")


def shown_value(value: object) -> str:
    """A value as a line of a diff has it."""
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(shown_value, value)) + "]"
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False) if value else "(none)"
    return str(_plain(value)) if value not in ("", None) else "(none)"


def _plain(value: object) -> object:
    return decimal_text(value) if isinstance(value, Decimal) else value
