"""Budgets and concurrency rules as one kind of thing: a limit that meters count against."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from metering.models import ATIToken, Budget, PolicyRule, Tenant
from metering.policy.applying import set_for
from metering.policy.overrides.in_force import with_overrides
from metering.types import Dimension, Scope, SubjectType, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A budget, or a `max_concurrent` rule."""

    id: UUID
    scope: Scope
    scope_id: str
    tenant: Tenant | None
    per: SubjectType | None
    """Whose use is counted; None for a rule, which counts whoever it is compiled for."""
    task: str | None
    model_class: str | None
    dimension: Dimension
    window: Window
    amount: int
    """In the ledger's units: nano-USD for cost."""
    hard: bool
    row: Budget | PolicyRule
    set_by: UUID
    """The budget or rule that says the amount: of a rule's meter perhaps another rule, whose condition holds."""

    @property
    def shown_scope_id(self) -> str:
        """As one names it when setting it: a tenant by its slug."""
        return self.tenant.slug if self.scope is Scope.TENANT and self.tenant else self.scope_id


def active_limits(
    *, tenant: Tenant | None, plans: Iterable[str], at: datetime | None = None
) -> dict[UUID, Limit]:
    """Everything active that applies to a tenant on these plans, or (None) to anybody.

    With the overrides of now, or those of a moment.
    """
    applies = set_for(tenant.pk if tenant is not None else None)
    if tenant is not None:
        applies &= ~Q(scope=Scope.PLAN) | Q(scope_id__in=list(plans))
    budgets = with_overrides(Budget.objects.filter(applies), tenant.pk if tenant is not None else None, at=at)
    budgets = budgets.select_related("tenant").order_by("id")
    rules = PolicyRule.objects.filter(applies, key="max_concurrent").select_related("tenant").order_by("id")
    limits = [*map(limit_of_budget, budgets), *map(_of_rule, rules)]
    return {limit.id: limit for limit in limits}


def plans_by_tenant(*, tenant: Tenant | None, now: datetime) -> dict[UUID, set[str]]:
    """The plans of each tenant's live tokens."""
    tokens = ATIToken.objects.live(now)
    if tenant is not None:
        tokens = tokens.for_tenant(tenant)
    plans: dict[UUID, set[str]] = {}
    for tenant_id, plan in tokens.order_by().values_list("tenant_id", "plan_tier_id").distinct():
        plans.setdefault(tenant_id, set()).add(plan)
    return plans


def limit_of_budget(row: Budget) -> Limit:
    return Limit(
        id=row.pk,
        scope=Scope(row.scope),
        scope_id=row.scope_id,
        tenant=row.tenant,
        per=SubjectType(row.per),
        task=row.task_id,
        model_class=row.model_class_id,
        dimension=Dimension(row.dimension),
        window=Window(row.window),
        amount=row.amount,
        hard=row.hard,
        row=row,
        set_by=row.pk,
    )


def _of_rule(row: PolicyRule) -> Limit:
    return Limit(
        id=row.pk,
        scope=Scope(row.scope),
        scope_id=row.scope_id,
        tenant=row.tenant,
        per=None,
        task=row.task_id,
        model_class=None,
        dimension=Dimension.CONCURRENCY,
        window=Window.NONE,
        amount=int(row.value),
        hard=True,
        row=row,
        set_by=row.pk,
    )
