"""Rows of rules and budgets as the values that policies are compiled from."""

import logging
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from metering.models import Budget, PlanUse, PolicyRule
from metering.policy.lines import BudgetRow
from metering.policy.read_conditions import read_conditions
from metering.policy.registry import check_rule
from metering.policy.rule import Rule
from metering.types import Dimension, EnforcementMode, ExpiryCharge, Scope, SubjectType, Window

logger = logging.getLogger(__name__)


def rule_of(row: PolicyRule, *, timezone: str) -> Rule | None:
    """The rule, with the tenant's time zone where its condition names none.

    None for a row that every door refuses, so that it was written past them: it is logged and counts for nothing.
    """
    try:
        check_rule(row.key, row.value, row.task_id, Scope(row.scope))
        condition = read_conditions(row.conditions, timezone=timezone)
    except ValueError as error:
        logger.error("policy.rule_unreadable", extra={"rule": str(row.pk), "problem": str(error)})
        return None
    return Rule(
        id=row.pk,
        scope=Scope(row.scope),
        scope_id=row.scope_id,
        task=row.task_id,
        key=row.key,
        value=row.value,
        priority=row.priority,
        mode=EnforcementMode(row.mode),
        enforce_percent=row.enforce_percent,
        condition=condition,
        counts_since=row.counts_since,
    )


def budget_of(row: Budget, plans: Mapping[str, datetime]) -> BudgetRow:
    """The budget; `plans` are those that the tenant was ever on, and since when."""
    counts_since = row.counts_since
    if row.scope == Scope.PLAN and row.scope_id in plans:
        counts_since = max(counts_since, plans[row.scope_id])
    return BudgetRow(
        id=row.pk,
        scope=Scope(row.scope),
        scope_id=row.scope_id,
        per=SubjectType(row.per),
        dimension=Dimension(row.dimension),
        window=Window(row.window),
        amount=row.amount,
        hard=row.hard,
        mode=EnforcementMode(row.mode),
        enforce_percent=row.enforce_percent,
        release_on_expiry=row.on_expiry == ExpiryCharge.RELEASE,
        model_class=row.model_class_id,
        thresholds=tuple(row.thresholds),
        task=row.task_id,
        counts_since=counts_since,
    )


def plans_used(tenant_id: UUID) -> dict[str, datetime]:
    """The plans that a tenant's tokens were ever on, and since when."""
    return dict(PlanUse.objects.filter(tenant_id=tenant_id).values_list("plan_id", "since"))
