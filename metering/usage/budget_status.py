"""What every budget allows, and what is used and held of it: what admission would find, nothing else."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from heapq import merge
from uuid import UUID

from metering.ledger.commands import MeterKey, raised
from metering.ledger.windows import window_bounds
from metering.models import Budget, PolicyRule, Tenant, UsageMeter
from metering.policy.overrides.in_force import overrides_of
from metering.policy.overrides.raises import raises_of
from metering.policy.read_balances import balance_of
from metering.policy.rows import plans_used
from metering.types import Scope, SubjectType
from metering.usage.calls_at_once import CallsAtOnce
from metering.usage.limits import Limit, active_limits, plans_by_tenant
from metering.usage.open_meters import NOBODY, LimitOnMeter, counted_by, open_meters
from metering.usage.status import BudgetStatus
from metering.usage.subjects import Subjects

SHARED = (SubjectType.GLOBAL, SubjectType.PROVIDER)


def budget_status(
    *,
    now: datetime,
    tenant: Tenant | None = None,
    with_shared: bool = True,
    of: Subjects | None = None,
    after: LimitOnMeter | None = None,
    where: Callable[[Limit], bool] | None = None,
    most_told: int | None = None,
) -> Iterator[BudgetStatus]:
    """Each open meter of every active limit that applies to a tenant, or (None) to anybody; in order of their keys.

    A budget whose subject is known beforehand has a row even while it has no meter; what was used before it was made
    counts. Without `with_shared`, what all tenants together used (gateway-wide and providers' budgets) is left out: a
    tenant must not see it. With `of`, only what concerns one caller of the tenant. `after` is the key of the last row
    that was read before. `where` picks limits. With `most_told`, of a limit's counters of agents, tags or conversations
    only so many, the fullest. Overrides and a limit on calls at once are those in force at `now`; a meter that nothing
    limits then has no row.
    """
    tenants = {row.pk: row for row in ([tenant] if tenant else Tenant.objects.all())}
    plans = plans_by_tenant(tenant=tenant, now=now)
    limits = active_limits(tenant=tenant, plans=plans.get(tenant.pk, ()) if tenant else (), at=now)
    if not with_shared:
        limits = {id_: limit for id_, limit in limits.items() if counted_by(limit) not in SHARED}
    if where is not None:
        limits = {id_: limit for id_, limit in limits.items() if where(limit)}
    reading = _Reading(now, limits, tenants, plans, of)
    yield from reading.rows(after, most_told)


class _Reading:
    """What one answer is read with."""

    def __init__(
        self,
        now: datetime,
        limits: Mapping[UUID, Limit],
        tenants: Mapping[UUID, Tenant],
        plans: Mapping[UUID, set[str]],
        of: Subjects | None,
    ) -> None:
        self._now = now
        self._limits = limits
        self._tenants = tenants
        self._plans = plans
        self._of = of
        self._plans_used = plans_used(tenants)
        rows = [limit.row for limit in limits.values()]
        self._calls_at_once = CallsAtOnce(rows, tenants.values(), self._plans_used, now)

    def rows(self, after: LimitOnMeter | None, most_told: int | None) -> Iterator[BudgetStatus]:
        """Every meter of every limit, and those that there will be."""
        subjects = {id_: self._of.of(limit) for id_, limit in self._limits.items()} if self._of else None
        metered = open_meters(
            self._limits.values(),
            self._now,
            tenants=self._tenants,
            subjects=subjects,
            after=after,
            most_told=most_told,
        )
        known = self._known_beforehand() if subjects is None else self._of_caller(subjects)
        unused = ((key, None) for key in sorted(known) if after is None or key > after)
        last: LimitOnMeter | None = None
        for key, meter in merge(metered, unused, key=lambda item: item[0]):
            if key != last:  # of two with one key, the meter comes first
                status = self._status(self._limits[key.budget_id], key, meter)
                if status is not None:
                    yield status
            last = key

    def _applies(self, limit: Limit, tenant_id: UUID) -> bool:
        """Whether the tenant is (still) on the limit's plan, if it is a plan's."""
        return limit.scope is not Scope.PLAN or limit.scope_id in self._plans.get(tenant_id, ())

    def _status(self, limit: Limit, key: LimitOnMeter, meter: UsageMeter | None) -> BudgetStatus | None:
        """The status of a limit on a meter, which may not be there yet; None: the limit does not count now."""
        owner = self._tenants.get(key.tenant_id)
        if owner is not None and not self._applies(limit, owner.pk):
            return None
        if isinstance(limit.row, PolicyRule) and owner is not None:
            plans = {self._of.plan} if self._of else self._plans.get(owner.pk, set())
            line = self._calls_at_once.in_force(key, limit.row, plans)
            if line is None:
                return None
            limit = replace(limit, amount=line.limit, set_by=line.source_id or limit.set_by)
        timezone, week_start = (owner.timezone, owner.week_start) if owner else ("UTC", 0)
        ledger_key = MeterKey(
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
        start, end = window_bounds(limit.window, self._now, timezone=timezone, week_start=week_start)
        end = meter.window_end if meter else end
        amount = _amount_in(limit, ledger_key, end)
        return BudgetStatus(
            limit=replace(limit, amount=amount) if amount != limit.amount else limit,
            key=key,
            tenant_slug=owner.slug if owner else None,
            used=balance.used if balance else 0,
            held=balance.held if balance else 0,
            overrun=meter.overrun if meter else 0,
            unenforced=meter.unenforced if meter else 0,
            uncovered=meter.uncovered if meter else 0,
            override=amount - limit.amount,
            window_start=(meter.window_start if meter else start) if end else None,
            reset_at=end,
        )

    def _counts_since(self, limit: Limit, key: LimitOnMeter) -> datetime:
        since = limit.row.counts_since
        used = (
            self._plans_used.get(key.tenant_id, {}).get(limit.scope_id) if limit.scope is Scope.PLAN else None
        )
        return max(since, used.since) if used is not None else since

    def _known_beforehand(self) -> Iterator[LimitOnMeter]:
        """The meters that limits have, or will have once they are used, where exactly one for each tenant is sure."""
        for limit in self._limits.values():
            if limit.per is None:
                continue
            is_own = limit.per.value == limit.scope.value
            if is_own and limit.per in SHARED:
                yield LimitOnMeter(limit.id, limit.per.value, limit.scope_id, NOBODY)
            elif is_own and limit.tenant is not None:
                subject_id = limit.scope_id or str(limit.tenant.pk)
                yield LimitOnMeter(limit.id, limit.per.value, subject_id, limit.tenant.pk)
            elif limit.per is SubjectType.TENANT:
                for id_ in self._tenants:
                    yield LimitOnMeter(limit.id, limit.per.value, str(id_), id_)

    def _of_caller(self, subjects: Mapping[UUID, frozenset[tuple[str, str]]]) -> Iterator[LimitOnMeter]:
        """A row for everything that the caller may count on, also before it does; of rules, only one wins."""
        for id_, pairs in subjects.items():
            if self._limits[id_].per is not None:
                for owner_id in self._tenants:
                    for subject_type, subject_id in pairs:
                        yield LimitOnMeter(id_, subject_type, subject_id, owner_id)


def _amount_in(limit: Limit, key: MeterKey, window_end: datetime | None) -> int:
    """The limit with the overrides of the meter's window."""
    overrides = overrides_of(limit.row) if isinstance(limit.row, Budget) else ()
    return raised(limit.amount, raises_of(overrides, key)[0], window_end) if overrides else limit.amount
