"""Bring the rules of one plan into the database."""

from collections.abc import Iterable, Iterator

from metering.catalog.changes import Action, Change, update_active
from metering.catalog.document import RuleEntry
from metering.models import Plan, PolicyRule
from metering.types import Scope


def apply_rules(plan: Plan, entries: Iterable[RuleEntry]) -> Iterator[Change]:
    """Add, change and deactivate rules so that the plan has exactly these.

    A rule that goes is kept inactive: meters of `max_concurrent` refer to it, and it may come back.
    """
    existing: dict[object, PolicyRule] = {}
    surplus: list[PolicyRule] = []
    for row in PolicyRule.objects.filter(scope=Scope.PLAN, scope_id=plan.code).order_by("-is_active", "id"):
        identity = _identity(row.key, row.task_id, row.conditions, row.priority, row.mode)
        if identity in existing:
            surplus.append(row)
        else:
            existing[identity] = row
    for entry in entries:
        identity = _identity(entry.key, entry.task, dict(entry.conditions), entry.priority, entry.mode)
        yield from _apply_rule(plan, entry, existing.pop(identity, None))
    for row in [*existing.values(), *surplus]:
        if row.is_active:
            row.is_active = False
            row.save(update_fields=["is_active"])
            yield Change(action=Action.REMOVED, kind="plan rule", name=_name(plan, row.key, row.task_id))


def _apply_rule(plan: Plan, entry: RuleEntry, row: PolicyRule | None) -> Iterator[Change]:
    name = _name(plan, entry.key, entry.task)
    if row is None:
        PolicyRule.objects.create(
            scope=Scope.PLAN,
            scope_id=plan.code,
            key=entry.key,
            task_id=entry.task,
            conditions=dict(entry.conditions),
            priority=entry.priority,
            value=entry.value,
            mode=entry.mode,
            enforce_percent=entry.enforce_percent,
        )
        yield Change(action=Action.ADDED, kind="plan rule", name=name, fields={"value": (None, entry.value)})
    elif update := update_active(row, {"value": entry.value, "enforce_percent": entry.enforce_percent}):
        yield Change(action=update[0], kind="plan rule", name=name, fields=update[1])


def _identity(key: str, task: str | None, conditions: dict[str, object], priority: int, mode: str) -> object:
    return key, task, repr(sorted(conditions.items())), priority, str(mode)


def _name(plan: Plan, key: str, task: str | None) -> str:
    return f"{plan.code} {key} {task}" if task else f"{plan.code} {key}"
