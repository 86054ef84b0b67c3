"""What every budget allows, and what is used and held of it: what admission would find, nothing else."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from heapq import merge
from uuid import UUID

from metering.ledger.commands import MeterKey as LedgerKey
from metering.ledger.windows import window_bounds
from metering.models import PlanUse, PolicyRule, Tenant, UsageMeter
from metering.policy.read_balances import balance_of
from metering.types import Scope, SubjectType
from metering.usage.calls_at_once import CallsAtOnce
from metering.usage.limits import Limit, active_limits, plans_by_tenant
from metering.usage.open_meters import NOBODY, MeterKey, counted_by, open_meters
from metering.usage.status import BudgetStatus
from metering.usage.subjects import Subjects

SHARED = (SubjectType.GLOBAL, SubjectType.PROVIDER)


def budget_status(
    *,
    now: datetime,
    tenant: Tenant | None = None,
    with_shared: bool = True,
    of: Subjects | None = None,
    after: MeterKey | None = None,
) -> Iterator[BudgetStatus]:
    """Each open meter of every active limit that applies to a tenant, or (None) to anybody; in order of their keys.

    A budget whose subject is known beforehand has a row even while it has no meter; what was used before it was made
    counts. Without `with_shared`, what all tenants together used (gateway-wide and providers' budgets) is left out: a
    tenant must not see it. With `of`, only what concerns one caller of the tenant. `after` is the key of the last row
    that was read before. A limit on calls at once is the one in force at `now`; a meter that nothing limits then has
    no row.
    """
    tenants = {row.pk: row for row in ([tenant] if tenant else Tenant.objects.all())}
    plans = plans_by_tenant(tenant=tenant, now=now)
    limits = active_limits(tenant=tenant, plans=plans.get(tenant.pk, ()) if tenant else ())
    reading = _Reading(now, tenants, plans, of, CallsAtOnce([limit.row for limit in limits.values()], now))
    for id_ in sorted(limits):
        limit = limits[id_]
        if (after is not None and id_ < after.budget_id) or (not with_shared and counted_by(limit) in SHARED):
            continue
        yield from reading.rows_of(limit, after)


class _Reading:
    """What one answer is read with."""

    def __init__(
        self,
        now: datetime,
        tenants: Mapping[UUID, Tenant],
        plans: Mapping[UUID, set[str]],
        of: Subjects | None,
        calls_at_once: CallsAtOnce,
    ) -> None:
        self._now = now
        self._tenants = tenants
        self._plans = plans
        self._of = of
        self._calls_at_once = calls_at_once
        uses = PlanUse.objects.filter(tenant__in=tenants).values_list("tenant_id", "plan_id", "since")
        self._plans_since = {(tenant_id, plan): since for tenant_id, plan, since in uses}

    def rows_of(self, limit: Limit, after: MeterKey | None) -> Iterator[BudgetStatus]:
        """Every meter of a limit, and those that it will have."""
        pairs = self._of.of(limit) if self._of is not None else None
        owners = [
            id_
            for id_ in ([limit.tenant.pk] if limit.tenant else self._tenants)
            if limit.scope is not Scope.PLAN or limit.scope_id in self._plans.get(id_, ())
        ]
        metered = (
            (key, status)
            for key, meter in open_meters(limit, self._now, tenants=owners, pairs=pairs, after=after)
            if (status := self._status(limit, key, meter)) is not None
        )
        known = self._known_beforehand(limit, owners) if pairs is None else self._of_caller(limit, pairs)
        unused = ((key, None) for key in sorted(known) if after is None or key > after)
        last: MeterKey | None = None
        for key, found in merge(metered, unused, key=lambda item: item[0]):
            if key != last:  # of two with one key, the meter comes first
                status = found or self._status(limit, key, None)
                if status is not None:
                    yield status
            last = key

    def _status(self, limit: Limit, key: MeterKey, meter: UsageMeter | None) -> BudgetStatus | None:
        """None while the limit does not count."""
        owner = self._tenants.get(key.tenant_id)
        if isinstance(limit.row, PolicyRule) and owner is not None:
            plans = {self._of.plan} if self._of else self._plans.get(owner.pk, set())
            line = self._calls_at_once.in_force(key, limit.row, owner, plans)
            if line is None:
                return None
            limit = replace(limit, amount=line.limit, set_by=line.source_id)
        timezone, week_start = (owner.timezone, owner.week_start) if owner else ("UTC", 0)
        ledger_key = LedgerKey(
            subject_type=key.subject_type,
            subject_id=key.subject_id,
            tenant_id=owner.pk if owner else None,
            dimension=limit.dimension,
            window=limit.window,
            task=limit.task or "",
            model_class=limit.model_class or "",
            timezone=timezone,
            week_start=week_start,
        )
        balance = balance_of(ledger_key, meter, self._counts_since(limit, key), self._now)
        _, end = window_bounds(limit.window, self._now, timezone=timezone, week_start=week_start)
        return BudgetStatus(
            limit=limit,
            key=key,
            tenant_slug=owner.slug if owner else None,
            used=balance.used if balance else 0,
            held=balance.held if balance else 0,
            overrun=meter.overrun if meter else 0,
            unenforced=meter.unenforced if meter else 0,
            reset_at=meter.window_end if meter else end,
        )

    def _counts_since(self, limit: Limit, key: MeterKey) -> datetime:
        since = limit.row.counts_since
        if limit.scope is Scope.PLAN:
            since = max(since, self._plans_since.get((key.tenant_id, limit.scope_id), since))
        return since

    def _known_beforehand(self, limit: Limit, owners: list[UUID]) -> Iterator[MeterKey]:
        """The meters that a limit has, or will have once it is used, where exactly one for each tenant is sure."""
        if limit.per is None:
            return
        is_own = limit.per.value == limit.scope.value
        if is_own and limit.per in SHARED:
            yield MeterKey(limit.id, limit.per.value, limit.scope_id, NOBODY)
        elif is_own and limit.tenant is not None:
            subject_id = limit.scope_id or str(limit.tenant.pk)
            yield MeterKey(limit.id, limit.per.value, subject_id, limit.tenant.pk)
        elif limit.per is SubjectType.TENANT:
            for id_ in owners:
                yield MeterKey(limit.id, limit.per.value, str(id_), id_)

    def _of_caller(self, limit: Limit, pairs: frozenset[tuple[str, str]]) -> Iterator[MeterKey]:
        """A row for everything that the caller may count on, also before it does; of rules, only one wins."""
        if limit.per is None:
            return
        for owner_id in self._tenants:
            for subject_type, subject_id in pairs:
                yield MeterKey(limit.id, subject_type, subject_id, owner_id)
