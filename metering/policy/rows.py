"""Turns rows of rules, budgets and tenants into the values that policies are compiled from."""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from metering.models import ATIToken, Budget, PlanUse, PolicyRule, Tenant
from metering.policy.meter_limits import BudgetRow, TenantCalendar
from metering.policy.overrides.in_force import overrides_of
from metering.price import markup_of
from metering.rules.read_conditions import read_conditions
from metering.rules.registry import REGISTRY, check_rule
from metering.rules.rule import Rule
from metering.types import Dimension, EnforcementMode, ExpiryCharge, Scope, SubjectType, Window

logger = logging.getLogger(__name__)


def rule_of(row: PolicyRule, *, timezone: str) -> Rule | None:
    """Read a row as a rule. `timezone` is the tenant's, for a condition that names none.

    Returns None for a row that every door refuses, which therefore was written past them. It is logged and counts for
    nothing.
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
        value=REGISTRY[row.key].stored(row.value),  # type: ignore[arg-type] # it was checked
        priority=row.priority,
        mode=EnforcementMode(row.mode),
        enforce_percent=row.enforce_percent,
        condition=condition,
        counts_since=row.counts_since,
    )


def calendar_of(row: Tenant) -> TenantCalendar:
    """Read the part of a tenant's row that its limits depend on."""
    return TenantCalendar(
        timezone=row.timezone,
        week_start=row.week_start,
        mode=EnforcementMode(row.enforcement_mode),
        markup=markup_of(row.markup_percent),
    )


class Used(NamedTuple):
    """Since when a tenant has used a plan, and whether it still does."""

    since: datetime
    is_live: bool
    """Whether the tenant has a token on the plan that works."""


def budget_of(row: Budget, plans: Mapping[str, Used]) -> BudgetRow:
    """Read a row as a budget. `plans` are those that the tenant was ever on.

    The budget of a plan that the tenant is on no more raises no alerts.
    """
    counts_since, thresholds = row.counts_since, row.thresholds
    used = plans.get(row.scope_id) if row.scope == Scope.PLAN else None
    if used is not None:
        counts_since = max(counts_since, used.since)
        thresholds = thresholds if used.is_live else []
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
        thresholds=tuple(thresholds),
        task=row.task_id,
        counts_since=counts_since,
        overrides=overrides_of(row),
    )


def plans_used(tenants: Iterable[UUID]) -> dict[UUID, dict[str, Used]]:
    """Read the plans that each tenant's tokens were ever on, by tenant and plan."""
    tokens = ATIToken.objects.live(Now()).filter(tenant=OuterRef("tenant"), plan_tier=OuterRef("plan"))
    uses = PlanUse.objects.filter(tenant__in=list(tenants)).annotate(is_live=Exists(tokens))
    found: dict[UUID, dict[str, Used]] = {}
    for tenant, plan, since, is_live in uses.values_list("tenant_id", "plan_id", "since", "is_live"):
        found.setdefault(tenant, {})[plan] = Used(since, is_live)
    return found
