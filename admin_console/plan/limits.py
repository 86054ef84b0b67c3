"""The limits of a plan as lines of a table: the same line means the same in every plan."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from admin_console.fields.amount import Unit, shown_amount
from admin_console.sentences import when_words
from admin_console.words import (
    CHOICES,
    MODES,
    dimension_word,
    each_word,
    key_word,
    task_word,
    window_word,
)
from metering.catalog.change_plan import Document
from metering.rules.registry import REGISTRY
from metering.types import Dimension, EnforcementMode, Scope, SubjectType

MONEY, AMOUNTS, SIZE, PACE, MANNER = "Money", "Amounts", "Size of a call", "Pace", "What happens"
GROUPS = (MONEY, AMOUNTS, SIZE, PACE, MANNER)
SIZES = (
    "max_tokens_in", "max_tokens_out", "agent_max_steps", "max_steps", "max_api_calls", "retrieval_top_k",
    "diagram_files_per_req",
)  # fmt: skip
PACES = ("max_concurrent", "requests_per_minute", "tokens_per_minute", "wait_for_room_s")
RULE_IS = ("key", "task", "when", "priority", "mode")
BUDGET_IS = ("dimension", "window", "per", "task", "class")
"""What makes an entry another one, as catalogs tell them apart."""
ALWAYS = frozenset({*SIZES, *PACES})
"""Keys that have a line even where no plan says anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A line: what is limited, and the entry of a plan's document that says to how much (None: it does not)."""

    name: str
    """The same in every plan, and the name of its field."""
    group: str
    label: str
    entry: Mapping[str, Any] | None = None
    blank: Mapping[str, Any] = field(default_factory=dict)
    """The entry without its value, for a plan that gets one."""

    @property
    def is_budget(self) -> bool:
        return "dimension" in self.blank

    @property
    def unit(self) -> Unit | None:
        """None: one of some words, or keys of tags."""
        if self.is_budget:
            return Unit.DOLLARS if self.blank["dimension"] == Dimension.COST else Unit.COUNT
        spec = REGISTRY[self.blank["key"]]
        if spec.choices or spec.is_keys:
            return None
        return Unit.PERCENT if spec.unit == "percent" else Unit.COUNT

    @property
    def value(self) -> Any:
        if self.entry is None:
            return None
        return self.entry["amount"] if self.is_budget else self.entry["value"]

    @property
    def shown(self) -> str:
        """The value as the form shows it; empty: no limit."""
        return shown_limit(self.value, self.unit)

    @property
    def note(self) -> str:
        """What an entry says besides its value."""
        entry = self.entry or {}
        parts = ["soft: only warns" if entry.get("soft") else ""]
        mode = entry.get("mode", EnforcementMode.ENFORCE)
        parts.append(MODES.get(mode, mode) if mode != EnforcementMode.ENFORCE else "")
        share = entry.get("enforce_percent", 100)
        parts.append(f"for {share} % of people" if share != 100 else "")
        return ", ".join(filter(None, parts))


def shown_limit(value: Any, unit: Unit | None) -> str:
    if value is None:
        return ""
    return CHOICES.get(str(value), str(value)) if unit is None else shown_amount(Decimal(value), unit)


def limits_of(document: Document) -> dict[str, Limit]:
    """The lines of one plan by name."""
    return {limit.name: limit for limit in (*_budgets(document["budgets"]), *_rules(document["rules"]))}


def lines(*documents: Document) -> list[Limit]:
    """Every line of any of the plans, and those that always stand there, in the table's order, without values."""
    found: dict[str, Limit] = {}
    for document in documents:
        found |= {name: line for name, line in limits_of(document).items() if name not in found}
    for key in ALWAYS:
        if not any(line.blank.get("key") == key for line in found.values()):
            line = _rule({"key": key})
            found[line.name] = line
    return sorted((_without_value(line) for line in found.values()), key=_place)


def _without_value(line: Limit) -> Limit:
    return Limit(name=line.name, group=line.group, label=line.label, blank=line.blank)


def _place(line: Limit) -> tuple[Any, ...]:
    key = line.blank.get("key", "")
    order = [*SIZES, *PACES]
    return GROUPS.index(line.group), order.index(key) if key in order else len(order), line.label, line.name


def _rules(entries: Sequence[Mapping[str, Any]]) -> Iterator[Limit]:
    return map(_rule, entries)


def _rule(entry: Mapping[str, Any]) -> Limit:
    key, task = entry["key"], entry.get("task", "")
    same = {name: entry[name] for name in RULE_IS if name in entry}
    priority = f"priority {entry['priority']}" if "priority" in entry else ""
    parts = [task_word(task), when_words(entry.get("when", {})), priority]
    group = SIZE if key in SIZES else PACE if key in PACES or "_per_minute" in key else MANNER
    return Limit(
        name=f"rule-{key}-{task}-{_kind(entry)}",
        group=group,
        label=": ".join(filter(None, (key_word(key), ", ".join(filter(None, parts))))),
        entry=entry if "value" in entry else None,
        blank=same,
    )


def _kind(entry: Mapping[str, Any]) -> str:
    """Tells rules of one key and task apart: 0 where nothing but the value is said."""
    more = {name: entry[name] for name in RULE_IS[2:] if name in entry}
    text = json.dumps(more, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:8] if more else "0"


def _budgets(entries: Sequence[Mapping[str, Any]]) -> Iterator[Limit]:
    for entry in entries:
        dimension, window = entry["dimension"], entry["window"]
        per, task = entry.get("per", SubjectType.TENANT.value), entry.get("task", "")
        models = entry.get("class", "")
        only = ", ".join(filter(None, (task_word(task), f"{models} models" if models else "")))
        whose = each_word(per)
        label = f"{whose[:1].upper()}{whose[1:]}, {dimension_word(dimension)} {window_word(window)}"
        yield Limit(
            name=f"budget-{dimension}-{window}-{per}-{task}-{models}",
            group=MONEY if dimension == Dimension.COST else AMOUNTS,
            label=f"{label}: {only}" if only else label,
            entry=entry,
            blank={name: entry[name] for name in BUDGET_IS if name in entry},
        )


def ratio(here: Limit, there: Limit | None) -> str:
    """How the other plan's limit compares: `5 times`, `a third`, `none`."""
    if there is None or there.value is None:
        return "without limit" if here.value is not None else ""
    if here.value is None:
        return "limited"
    if here.unit is None or here.value == there.value:
        return "" if here.value == there.value else "another"
    if not here.value or not there.value:
        return "none" if not there.value else ""
    times = Decimal(there.value) / Decimal(here.value)
    return (
        f"{times.quantize(Decimal('0.1')).normalize():f} times"
        if times >= 1
        else f"{100 * times:.0f} % of it"
    )


def of_scope_plan(key: str) -> bool:
    """Whether a plan may set the key."""
    return REGISTRY[key].is_read and Scope.PLAN in REGISTRY[key].scopes
