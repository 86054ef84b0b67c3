"""Rules and budgets of plans and of the gateway as a catalog file has them."""

from collections import defaultdict

from metering.models import Budget, PolicyRule
from metering.money import usd_from_nano
from metering.thresholds import DEFAULT_THRESHOLDS
from metering.types import Dimension, EnforcementMode, ExpiryCharge, Scope, SubjectType

Mapping = dict[str, object]
WHOLE = 100
DEFAULT_SUBJECTS: dict[str, SubjectType] = {
    Scope.PLAN: SubjectType.TENANT,
    Scope.GLOBAL: SubjectType.GLOBAL,
}
"""Whose use is counted where a file does not say it."""


def rules_of(scope: Scope) -> defaultdict[str, list[Mapping]]:
    """Active rules by the id of whom they are for, which is empty for the gateway."""
    found: defaultdict[str, list[Mapping]] = defaultdict(list)
    rows = PolicyRule.objects.filter(scope=scope, is_active=True)
    for row in rows.order_by("key", "task_id", "-priority", "id"):
        found[row.scope_id].append(_rule(row))
    return found


def budgets_of(scope: Scope) -> defaultdict[str, list[Mapping]]:
    """Active budgets in the same way."""
    found: defaultdict[str, list[Mapping]] = defaultdict(list)
    rows = Budget.objects.filter(scope=scope, is_active=True)
    for row in rows.order_by("dimension", "window", "per", "task_id", "model_class_id"):
        found[row.scope_id].append(_budget(row))
    return found


def _rule(row: PolicyRule) -> Mapping:
    fields: Mapping = {"key": row.key, "value": row.value}
    if row.task_id:
        fields["task"] = row.task_id
    if row.conditions:
        fields["when"] = row.conditions
    if row.mode != EnforcementMode.ENFORCE:
        fields["mode"] = row.mode
    if row.enforce_percent != WHOLE:
        fields["enforce_percent"] = row.enforce_percent
    if row.priority:
        fields["priority"] = row.priority
    return fields


def _budget(row: Budget) -> Mapping:
    fields: Mapping = {
        "dimension": row.dimension,
        "window": row.window,
        "amount": usd_from_nano(row.amount) if row.dimension == Dimension.COST else row.amount,
    }
    if row.task_id:
        fields["task"] = row.task_id
    if row.model_class_id:
        fields["class"] = row.model_class_id
    if row.per != DEFAULT_SUBJECTS[row.scope]:
        fields["per"] = row.per
    if not row.hard:
        fields["soft"] = True
    if row.mode != EnforcementMode.ENFORCE:
        fields["mode"] = row.mode
    if row.enforce_percent != WHOLE:
        fields["enforce_percent"] = row.enforce_percent
    if row.on_expiry != ExpiryCharge.CHARGE:
        fields["on_expiry"] = row.on_expiry
    if tuple(row.thresholds) != DEFAULT_THRESHOLDS:
        fields["thresholds"] = row.thresholds
    return fields
