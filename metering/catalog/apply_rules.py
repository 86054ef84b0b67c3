"""Bring the rules of one plan, or of the whole gateway, into the database."""

from collections.abc import Iterable, Iterator

from metering.catalog.changes import Action, Change, update_active
from metering.catalog.document import RuleEntry
from metering.catalog.owner import Owner
from metering.models import PolicyRule


def apply_rules(owner: Owner, entries: Iterable[RuleEntry]) -> Iterator[Change]:
    """Add and change rules, and deactivate a plan's others, so that it has exactly these.

    A rule that goes is kept inactive: meters of `max_concurrent` refer to it, and it may come back.
    """
    existing: dict[object, PolicyRule] = {}
    surplus: list[PolicyRule] = []
    rows = PolicyRule.objects.filter(scope=owner.scope, scope_id=owner.scope_id)
    for row in rows.order_by("-is_active", "id"):
        identity = _identity(row.key, row.task_id, row.conditions, row.priority, row.mode)
        if identity in existing:
            surplus.append(row)
        else:
            existing[identity] = row
    for entry in entries:
        identity = _identity(entry.key, entry.task, dict(entry.conditions), entry.priority, entry.mode)
        yield from _apply_rule(owner, entry, existing.pop(identity, None))
    for row in [*existing.values(), *surplus]:
        if row.is_active and owner.loses_the_rest:
            row.is_active = False
            row.save(update_fields=["is_active"])
            yield Change(
                action=Action.REMOVED, kind=f"{owner.word} rule", name=owner.name(row.key, row.task_id)
            )


def _apply_rule(owner: Owner, entry: RuleEntry, row: PolicyRule | None) -> Iterator[Change]:
    kind, name = f"{owner.word} rule", owner.name(entry.key, entry.task)
    if row is None:
        PolicyRule.objects.create(
            scope=owner.scope,
            scope_id=owner.scope_id,
            key=entry.key,
            task_id=entry.task,
            conditions=dict(entry.conditions),
            priority=entry.priority,
            value=entry.value,
            mode=entry.mode,
            enforce_percent=entry.enforce_percent,
        )
        yield Change(action=Action.ADDED, kind=kind, name=name, fields={"value": (None, entry.value)})
    elif update := update_active(row, {"value": entry.value, "enforce_percent": entry.enforce_percent}):
        yield Change(action=update[0], kind=kind, name=name, fields=update[1])


def _identity(key: str, task: str | None, conditions: dict[str, object], priority: int, mode: str) -> object:
    return key, task, repr(sorted(conditions.items())), priority, str(mode)
