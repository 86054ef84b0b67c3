"""Which limit on calls at once is in force now, as admission compiles it from rules and budgets.

A rule's limit may come from another one: from a rule whose condition holds, or from none where another rule has taken
its place. Tenants on several plans may have several limits on one meter; the strictest is shown. The meter of a rule
about every task shows the limit of tasks that have no rule of their own.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from uuid import UUID

from metering.ledger.commands import MeterKey
from metering.models import Budget, PolicyRule, Tenant
from metering.policy.compile import compile_policy
from metering.policy.meter_limits import TenantCalendar
from metering.policy.read_balances import read_balances
from metering.policy.rows import budget_of, rule_of
from metering.policy.values import EffectivePolicy, MeterLimit, PolicySubject
from metering.types import Dimension, Scope, SubjectType
from metering.usage.open_meters import LimitOnMeter

Rows = Mapping[UUID | None, list[PolicyRule | Budget]]
"""By tenant; None: of the gateway and of plans."""


class CallsAtOnce:
    """The active `max_concurrent` rules and budgets of some tenants, at a moment."""

    def __init__(self, rows: Iterable[PolicyRule | Budget], now: datetime) -> None:
        by_tenant: dict[UUID | None, list[PolicyRule | Budget]] = defaultdict(list)
        for row in rows:
            by_tenant[row.tenant_id].append(row)
        self._rows: Rows = dict(by_tenant)
        self._now = now
        self._taken: dict[MeterKey, int] = {}

    def in_force(
        self, key: LimitOnMeter, rule: PolicyRule, owner: Tenant, plans: Collection[str]
    ) -> MeterLimit | None:
        """What limits the meter of `rule`; None where nothing does, now."""
        found = [
            limit
            for plan in plans or ("",)
            for limit in self._policy(_subject(key, plan), rule.task_id, owner).limits
            if limit.budget_id == key.budget_id and limit.meter.dimension is Dimension.CONCURRENCY
        ]
        return min(found, key=lambda limit: limit.limit, default=None)

    def _policy(self, subject: PolicySubject, task: str | None, owner: Tenant) -> EffectivePolicy:
        rows = [row for row in self._applying(subject) if row.task_id in (None, task)]
        rules = [rule_of(row, timezone=owner.timezone) for row in rows if isinstance(row, PolicyRule)]
        policy = compile_policy(
            subject,
            task or "",
            TenantCalendar(timezone=owner.timezone, week_start=owner.week_start),
            rules=[rule for rule in rules if rule is not None],
            budgets=[budget_of(row, {}) for row in rows if isinstance(row, Budget)],
        )
        if policy.variants is None:
            return policy
        return policy.variants.at(self._now, self._taken_of(policy.variants.meters))

    def _applying(self, subject: PolicySubject) -> Iterator[PolicyRule | Budget]:
        whose = {
            Scope.PLAN: subject.plan,
            Scope.TEAM: str(subject.team_id),
            Scope.USER: str(subject.user_id),
            Scope.TOKEN: str(subject.token_id),
        }
        for row in (*self._rows.get(None, ()), *self._rows.get(subject.tenant_id, ())):
            scope = Scope(row.scope)
            if scope in (Scope.GLOBAL, Scope.TENANT) or whose.get(scope) == row.scope_id:
                yield row

    def _taken_of(self, meters: Mapping[MeterKey, datetime]) -> Mapping[MeterKey, int]:
        unread = {meter: since for meter, since in meters.items() if meter not in self._taken}
        if unread:
            found = read_balances(unread, self._now)
            for meter in unread:
                balance = found.get(meter)
                self._taken[meter] = balance.used + balance.held if balance else 0
        return self._taken


def _subject(key: LimitOnMeter, plan: str) -> PolicySubject:
    """As much of a caller as the meter tells."""
    own = {SubjectType(key.subject_type): UUID(key.subject_id)}
    return PolicySubject(
        tenant_id=key.tenant_id,
        plan=plan,
        team_id=own.get(SubjectType.TEAM),
        user_id=own.get(SubjectType.USER),
        token_id=own.get(SubjectType.TOKEN),
    )
