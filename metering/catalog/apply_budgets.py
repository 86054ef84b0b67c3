"""Bring the budgets of one plan, or of the whole gateway, into the database."""

from collections.abc import Iterable, Iterator

from metering.catalog.changes import Action, Change, update_active
from metering.catalog.document import BudgetEntry
from metering.catalog.owner import Owner
from metering.models import Budget
from metering.money import usd_text
from metering.types import Dimension, Setter


def apply_budgets(owner: Owner, entries: Iterable[BudgetEntry]) -> Iterator[Change]:
    """Add and change budgets, and deactivate a plan's others, so that it has exactly these.

    A budget that goes is kept inactive: its meters refer to it, and if it comes back they count on.
    """
    existing = {
        (row.dimension, row.window, row.task_id, row.model_class_id, row.per): row
        for row in Budget.objects.filter(scope=owner.scope, scope_id=owner.scope_id, set_by=Setter.OPERATOR)
    }
    for entry in entries:
        row = existing.pop((entry.dimension, entry.window, entry.task, entry.model_class, entry.per), None)
        yield from _apply_budget(owner, entry, row)
    for row in existing.values():
        if row.is_active and owner.loses_the_rest:
            row.is_active = False
            row.save(update_fields=["is_active"])
            yield Change(action=Action.REMOVED, kind=f"{owner.word} budget", name=_name(owner, row))


def _apply_budget(owner: Owner, entry: BudgetEntry, row: Budget | None) -> Iterator[Change]:
    values: dict[str, object] = {
        "amount": entry.amount,
        "hard": entry.hard,
        "mode": entry.mode.value,
        "enforce_percent": entry.enforce_percent,
        "on_expiry": entry.on_expiry.value,
        "thresholds": list(entry.thresholds),
    }
    if row is None:
        row = Budget.objects.create(
            scope=owner.scope,
            scope_id=owner.scope_id,
            dimension=entry.dimension.value,
            window=entry.window.value,
            task_id=entry.task,
            model_class_id=entry.model_class,
            per=entry.per.value,
            **values,
        )
        amount = {"amount": (None, _amount(row.dimension, entry.amount))}
        yield Change(action=Action.ADDED, kind=f"{owner.word} budget", name=_name(owner, row), fields=amount)
    elif update := update_active(row, values):
        fields = {**update[1]}
        if "amount" in fields:
            before, after = fields["amount"]
            fields["amount"] = (_amount(row.dimension, before), _amount(row.dimension, after))
        yield Change(action=update[0], kind=f"{owner.word} budget", name=_name(owner, row), fields=fields)


def _amount(dimension: str, amount: object) -> object:
    """An amount as people write it: dollars for cost."""
    if dimension == Dimension.COST and isinstance(amount, int):
        return f"${usd_text(amount)}"
    return amount


def _name(owner: Owner, row: Budget) -> str:
    per = "" if row.per == owner.scope else f"per {row.per}"
    return owner.name(f"{row.dimension}/{row.window}", per, row.task_id, row.model_class_id)
