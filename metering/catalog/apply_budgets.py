"""Bring the budgets of one plan into the database."""

from collections.abc import Iterable, Iterator

from metering.catalog.changes import Action, Change, update_active
from metering.catalog.document import BudgetEntry
from metering.models import Budget, Plan
from metering.money import usd_text
from metering.types import Dimension, Scope


def apply_budgets(plan: Plan, entries: Iterable[BudgetEntry]) -> Iterator[Change]:
    """Add, change and deactivate budgets so that the plan has exactly these.

    A budget that goes is kept inactive: its meters refer to it, and if it comes back they count on.
    """
    existing = {
        (row.dimension, row.window, row.task_id, row.model_class_id, row.per): row
        for row in Budget.objects.filter(scope=Scope.PLAN, scope_id=plan.code)
    }
    for entry in entries:
        row = existing.pop((entry.dimension, entry.window, entry.task, entry.model_class, entry.per), None)
        yield from _apply_budget(plan, entry, row)
    for row in existing.values():
        if row.is_active:
            row.is_active = False
            row.save(update_fields=["is_active"])
            yield Change(action=Action.REMOVED, kind="plan budget", name=_name(plan, row))


def _apply_budget(plan: Plan, entry: BudgetEntry, row: Budget | None) -> Iterator[Change]:
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
            scope=Scope.PLAN,
            scope_id=plan.code,
            dimension=entry.dimension.value,
            window=entry.window.value,
            task_id=entry.task,
            model_class_id=entry.model_class,
            per=entry.per.value,
            **values,
        )
        amount = {"amount": (None, _amount(row.dimension, entry.amount))}
        yield Change(action=Action.ADDED, kind="plan budget", name=_name(plan, row), fields=amount)
    elif update := update_active(row, values):
        fields = {**update[1]}
        if "amount" in fields:
            before, after = fields["amount"]
            fields["amount"] = (_amount(row.dimension, before), _amount(row.dimension, after))
        yield Change(action=update[0], kind="plan budget", name=_name(plan, row), fields=fields)


def _amount(dimension: str, amount: object) -> object:
    """An amount as people write it: dollars for cost."""
    if dimension == Dimension.COST and isinstance(amount, int):
        return f"${usd_text(amount)}"
    return amount


def _name(plan: Plan, row: Budget) -> str:
    only = " ".join(["", *filter(None, (row.task_id, row.model_class_id))])
    return f"{plan.code} {row.dimension}/{row.window} per {row.per}{only}"
