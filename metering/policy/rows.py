"""Rows of rules and budgets as the values that policies are compiled from."""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from metering.models import ATIToken, Budget, PlanUse, PolicyRule, Tenant
from metering.policy.meter_limits import BudgetRow, TenantCalendar
from metering.rules.read_conditions import read_conditions
from metering.rules.registry import check_rule
from metering.rules.rule import Rule
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


def calendar_of(row: Tenant) -> TenantCalendar:
    """What of the tenant its limits depend on."""
    return TenantCalendar(
        timezone=row.timezone, week_start=row.week_start, mode=EnforcementMode(row.enforcement_mode)
    )


class Used(NamedTuple):
    """How a tenant uses a plan."""

    since: datetime
    is_live: bool
    """Whether it has a token on it that works."""


def budget_of(row: Budget, plans: Mapping[str, Used]) -> BudgetRow:
    """The budget; `plans` are those that the tenant was ever on. Of one that it is on no more, nothing is told."""
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
    )


def plans_used(tenants: Iterable[UUID]) -> dict[UUID, dict[str, Used]]:
    """The plans that the tokens of each tenant were ever on."""
    works = Q(revoked_at=None) & (Q(expires_at=None) | Q(expires_at__gt=Now()))
    tokens = ATIToken.objects.filter(works, tenant=OuterRef("tenant"), plan_tier=OuterRef("plan"))
    uses = PlanUse.objects.filter(tenant__in=list(tenants)).annotate(is_live=Exists(tokens))
    found: dict[UUID, dict[str, Used]] = {}
    for tenant, plan, since, is_live in uses.values_list("tenant_id", "plan_id", "since", "is_live"):
        found.setdefault(tenant, {})[plan] = Used(since, is_live)
    return found
