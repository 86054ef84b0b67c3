"""Bring the plans of a catalog file into the database: what a named plan does not list, it loses."""

from collections.abc import Iterator, Sequence

from metering.catalog.apply_budgets import apply_budgets
from metering.catalog.apply_rules import apply_rules
from metering.catalog.changes import Action, Change, assign
from metering.catalog.document import PlanEntry
from metering.catalog.owner import plan_owner
from metering.models import ModelClass, Plan, PlanFeature, PlanLLMAccess


def apply_plans(entries: Sequence[PlanEntry]) -> Iterator[Change]:
    """Add or change each plan that is named; others stay as they are."""
    existing = Plan.objects.in_bulk([entry.code for entry in entries])
    for entry in entries:
        plan, values = existing.get(entry.code), {"name": entry.name, "is_active": entry.is_active}
        if plan is None:
            plan = Plan.objects.create(code=entry.code, **values)
            yield Change(action=Action.ADDED, kind="plan", name=entry.code)
        elif fields := assign(plan, values):
            plan.save(update_fields=list(fields))
            yield Change(action=Action.CHANGED, kind="plan", name=entry.code, fields=fields)
        yield from _apply_features(plan, entry)
        yield from _apply_access(plan, entry)
        yield from apply_rules(plan_owner(plan.code), entry.rules)
        yield from apply_budgets(plan_owner(plan.code), entry.budgets)


def _apply_features(plan: Plan, entry: PlanEntry) -> Iterator[Change]:
    existing = {row.feature_id: row for row in PlanFeature.objects.filter(plan=plan)}
    for code in entry.features:
        if code not in existing:
            PlanFeature.objects.create(plan=plan, feature_id=code)
            yield Change(action=Action.ADDED, kind="plan feature", name=f"{plan.code} {code}")
    for code, row in existing.items():
        if code not in entry.features:
            row.delete()
            yield Change(action=Action.REMOVED, kind="plan feature", name=f"{plan.code} {code}")


def _apply_access(plan: Plan, entry: PlanEntry) -> Iterator[Change]:
    existing = {
        row.task_id: row
        for row in PlanLLMAccess.objects.filter(plan=plan).prefetch_related("allowed_classes")
    }
    for access in entry.access:
        name, row = f"{plan.code} {access.task}", existing.pop(access.task, None)
        if row is None:
            row = PlanLLMAccess.objects.create(
                plan=plan, task_id=access.task, default_class_id=access.default_class
            )
            row.allowed_classes.set(ModelClass.objects.filter(code__in=access.classes))
            yield Change(action=Action.ADDED, kind="plan task", name=name)
            continue
        fields = assign(row, {"default_class_id": access.default_class})
        if fields:
            row.save(update_fields=["default_class_id"])
        # ModelClass is ordered by rank, and so is the file's list after reading.
        before = tuple(model_class.code for model_class in row.allowed_classes.all())
        if before != access.classes:
            row.allowed_classes.set(ModelClass.objects.filter(code__in=access.classes))
            fields["classes"] = (before, access.classes)
        if fields:
            shown = {key.removesuffix("_id"): pair for key, pair in fields.items()}
            yield Change(action=Action.CHANGED, kind="plan task", name=name, fields=shown)
    for task, row in existing.items():
        row.delete()
        yield Change(action=Action.REMOVED, kind="plan task", name=f"{plan.code} {task}")
