"""What every budget allows, and what is used and held of it: the rows that admission reads, nothing else."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from heapq import merge
from uuid import UUID

from metering.ledger.windows import window_bounds
from metering.models import PolicyRule, Tenant, UsageMeter
from metering.types import Scope, SubjectType
from metering.usage.calls_at_once import CallsAtOnce
from metering.usage.limits import Limit, active_limits, plans_by_tenant
from metering.usage.open_meters import MeterKey, key_of, open_meters
from metering.usage.status import BudgetStatus
from metering.usage.subjects import Subjects

SHARED = (SubjectType.GLOBAL, SubjectType.PROVIDER)
NOBODY = UUID(int=0)


def budget_status(
    *,
    now: datetime,
    tenant: Tenant | None = None,
    with_shared: bool = True,
    of: Subjects | None = None,
    after: MeterKey | None = None,
) -> Iterator[BudgetStatus]:
    """Each open meter of every active limit that applies to a tenant, or (None) to anybody; in order of their keys.

    A budget whose subject is known beforehand has a row even while it has no meter. Without `with_shared`, what
    all tenants together used (gateway-wide and providers' budgets) is left out: a tenant must not see it. With
    `of`, only what concerns one caller of the tenant. `after` is the key of the last row that was read before.
    A limit on calls at once is the one in force at `now`; a meter that nothing limits then has no row.
    """
    tenants = {row.pk: row for row in ([tenant] if tenant else Tenant.objects.all())}
    plans = plans_by_tenant(tenant=tenant, now=now)
    limits = active_limits(tenant=tenant, plans=plans.get(tenant.pk, ()) if tenant else ())
    subjects = {id_: of.of(limit) for id_, limit in limits.items()} if of else None
    calls_at_once = CallsAtOnce([limit.row for limit in limits.values()], now)
    metered = (
        (key_of(meter), _of_meter(meter, limit, tenants))
        for meter in open_meters(
            now, tenant=tenant, limits=limits, with_shared=with_shared, subjects=subjects, after=after
        )
        if meter.budget_id in limits and _applies(limits[meter.budget_id], meter.tenant_id, plans)
        if (limit := _in_force(calls_at_once, limits[meter.budget_id], meter, tenants, plans, of)) is not None
    )
    if subjects is None:
        known = _known_beforehand(limits.values(), tenants.values(), plans, with_shared=with_shared)
    else:
        known = _of_caller(limits, subjects, tenant)
    unused = (
        (key, _unused(limits[key.budget_id], owner, key, now))
        for key, owner in sorted(known, key=lambda item: item[0])
        if after is None or key > after
    )
    last: MeterKey | None = None
    for key, status in merge(metered, unused, key=lambda item: item[0]):
        if key != last:  # of two with one key, the meter comes first
            yield status
        last = key


def _in_force(
    calls_at_once: CallsAtOnce,
    limit: Limit,
    meter: UsageMeter,
    tenants: Mapping[UUID, Tenant],
    plans: Mapping[UUID, set[str]],
    of: Subjects | None,
) -> Limit | None:
    """The limit as it is now; None while it does not count."""
    if not isinstance(limit.row, PolicyRule) or meter.tenant_id is None:
        return limit
    line = calls_at_once.in_force(
        key_of(meter),
        limit.row,
        tenants[meter.tenant_id],
        {of.plan} if of else plans.get(meter.tenant_id, set()),
    )
    return replace(limit, amount=line.limit, set_by=line.source_id) if line is not None else None


def _of_meter(meter: UsageMeter, limit: Limit, tenants: Mapping[UUID, Tenant]) -> BudgetStatus:
    owner = tenants.get(meter.tenant_id) if meter.tenant_id else None
    return BudgetStatus(
        limit=limit,
        key=key_of(meter),
        tenant_slug=owner.slug if owner else None,
        used=meter.used,
        held=meter.held,
        overrun=meter.overrun,
        unenforced=meter.unenforced,
        reset_at=meter.window_end,
    )


def _applies(limit: Limit, tenant_id: UUID | None, plans: Mapping[UUID, set[str]]) -> bool:
    """Whether the tenant is (still) on the limit's plan, if it is a plan's."""
    return limit.scope is not Scope.PLAN or tenant_id is None or limit.scope_id in plans.get(tenant_id, ())


def _known_beforehand(
    limits: Iterable[Limit],
    tenants: Iterable[Tenant],
    plans: Mapping[UUID, set[str]],
    *,
    with_shared: bool,
) -> Iterator[tuple[MeterKey, Tenant | None]]:
    """The meters that limits have, or will have once they are used, where exactly one for each tenant is sure."""
    for limit in limits:
        if limit.per is None:
            continue
        is_own = limit.per.value == limit.scope.value
        if is_own and limit.per in SHARED:
            if with_shared:
                yield MeterKey(limit.id, limit.per.value, limit.scope_id, NOBODY), None
        elif is_own and limit.tenant is not None:
            subject_id = limit.scope_id or str(limit.tenant.pk)
            yield MeterKey(limit.id, limit.per.value, subject_id, limit.tenant.pk), limit.tenant
        elif limit.per is SubjectType.TENANT:
            for owner in tenants:
                if _applies(limit, owner.pk, plans):
                    yield MeterKey(limit.id, limit.per.value, str(owner.pk), owner.pk), owner


def _of_caller(
    limits: Mapping[UUID, Limit],
    subjects: Mapping[UUID, frozenset[tuple[str, str]]],
    tenant: Tenant | None,
) -> Iterator[tuple[MeterKey, Tenant | None]]:
    """A row for everything that the caller may count on, also before it does; of rules, only one wins."""
    owner_id = tenant.pk if tenant else NOBODY
    for id_, pairs in subjects.items():
        if limits[id_].per is not None:
            for subject_type, subject_id in pairs:
                yield MeterKey(id_, subject_type, subject_id, owner_id), tenant


def _unused(limit: Limit, owner: Tenant | None, key: MeterKey, now: datetime) -> BudgetStatus:
    timezone, week_start = (owner.timezone, owner.week_start) if owner else ("UTC", 0)
    _, end = window_bounds(limit.window, now, timezone=timezone, week_start=week_start)
    return BudgetStatus(limit=limit, key=key, tenant_slug=owner.slug if owner else None, reset_at=end)
