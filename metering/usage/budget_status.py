"""What every budget allows, and what is used and held of it: the rows that admission reads, nothing else."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from metering.ledger.windows import window_bounds
from metering.models import Tenant, UsageMeter
from metering.money import usd_text
from metering.types import Dimension, Scope, SubjectType
from metering.usage.limits import Limit, active_limits, plans_by_tenant

SHARED = (SubjectType.GLOBAL, SubjectType.PROVIDER)


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetStatus:
    """One meter against its limit. Amounts are in the ledger's units: nano-USD for cost."""

    limit: Limit
    tenant_slug: str | None
    """None where tenants share the meter."""
    subject_type: str
    subject_id: str
    used: int = 0
    held: int = 0
    overrun: int = 0
    unenforced: int = 0
    reset_at: datetime | None

    def as_json(self) -> dict[str, object]:
        """With cost as decimal US dollars."""
        limit, amount = self.limit, _amount_of(self.limit.dimension)
        return {
            "budget": str(limit.id),
            "scope": limit.scope.value,
            "scope_id": limit.shown_scope_id,
            "task": limit.task,
            "model_class": limit.model_class,
            "dimension": limit.dimension.value,
            "unit": limit.dimension.unit,
            "window": limit.window.value,
            "hard": limit.hard,
            "tenant": self.tenant_slug,
            "subject_type": self.subject_type,
            "subject_id": self.subject_id,
            "limit": amount(limit.amount),
            "used": amount(self.used),
            "held": amount(self.held),
            "overrun": amount(self.overrun),
            "unenforced": amount(self.unenforced),
            "reset_at": self.reset_at,
        }


def budget_status(
    *, now: datetime, tenant: Tenant | None = None, with_shared: bool = True
) -> Iterator[BudgetStatus]:
    """Each open meter of every active limit that applies to a tenant, or (None) to anybody.

    A budget whose subject is known beforehand has a row even while it has no meter. Without `with_shared`, what
    all tenants together used (gateway-wide and providers' budgets) is left out: a tenant must not see it.
    """
    tenants = {row.pk: row for row in ([tenant] if tenant else Tenant.objects.all())}
    plans = plans_by_tenant(tenant=tenant, now=now)
    limits = active_limits(tenant=tenant, plans=plans.get(tenant.pk, ()) if tenant else ())
    counted: set[tuple[UUID, UUID | None]] = set()
    for meter in _open_meters(now, tenant, limits, with_shared).iterator():
        limit = limits.get(meter.budget_id)
        if limit is None or not _applies(limit, meter.tenant_id, plans):
            continue
        counted.add((limit.id, meter.tenant_id))
        owner = tenants.get(meter.tenant_id) if meter.tenant_id else None
        yield BudgetStatus(
            limit=limit,
            tenant_slug=owner.slug if owner else None,
            subject_type=meter.subject_type,
            subject_id=meter.subject_id,
            used=meter.used,
            held=meter.held,
            overrun=meter.overrun,
            unenforced=meter.unenforced,
            reset_at=meter.window_end,
        )
    for limit in limits.values():
        for owner in _subjects_known_beforehand(limit, tenants.values(), with_shared):
            owner_id = owner.pk if owner else None
            if (limit.id, owner_id) not in counted and _applies(limit, owner_id, plans):
                yield _unused(limit, owner, now)


def _open_meters(
    now: datetime, tenant: Tenant | None, limits: Mapping[UUID, Limit], with_shared: bool
) -> "QuerySet[UsageMeter]":
    is_open = Q(window_start__lte=now) & (Q(window_end=None) | Q(window_end__gt=now))
    meters = UsageMeter.objects.filter(is_open)
    if tenant is not None:
        mine = Q(tenant_id=tenant.pk)
        meters = meters.filter(mine | Q(tenant_id=None) if with_shared else mine, budget_id__in=list(limits))
    elif not with_shared:
        meters = meters.exclude(tenant_id=None)
    ordered: QuerySet[UsageMeter] = meters.order_by("budget_id", "subject_type", "subject_id", "id")
    return ordered


def _applies(limit: Limit, tenant_id: UUID | None, plans: Mapping[UUID, set[str]]) -> bool:
    """Whether the tenant is (still) on the limit's plan, if it is a plan's."""
    return limit.scope is not Scope.PLAN or tenant_id is None or limit.scope_id in plans.get(tenant_id, ())


def _subjects_known_beforehand(
    limit: Limit, tenants: Iterable[Tenant], with_shared: bool
) -> Iterable[Tenant | None]:
    """The tenants that have exactly one meter of this limit; None stands for a shared one."""
    if limit.per is None:
        return ()
    if limit.per.value == limit.scope.value:
        if limit.per in SHARED:
            return (None,) if with_shared else ()
        return (limit.tenant,)
    return tenants if limit.per is SubjectType.TENANT else ()


def _unused(limit: Limit, owner: Tenant | None, now: datetime) -> BudgetStatus:
    timezone, week_start = (owner.timezone, owner.week_start) if owner else ("UTC", 0)
    _, end = window_bounds(limit.window, now, timezone=timezone, week_start=week_start)
    is_own = limit.per is not None and limit.per.value == limit.scope.value
    return BudgetStatus(
        limit=limit,
        tenant_slug=owner.slug if owner else None,
        subject_type=limit.per.value if limit.per else "",
        subject_id=limit.scope_id if is_own and limit.scope_id else str(owner.pk if owner else ""),
        reset_at=end,
    )


def _amount_of(dimension: Dimension) -> Callable[[int], str | int]:
    return usd_text if dimension is Dimension.COST else int
