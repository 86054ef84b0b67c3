"""Which limit on calls at once is in force now, as admission compiles it from rules and budgets.

A rule's limit may come from another one: from a rule whose condition holds, or from none where another rule has taken
its place. Tenants on several plans may have several limits on one meter; the strictest is shown. The meter of a rule
about every task shows the limit of tasks that have no rule of their own.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from metering.ledger.commands import MeterKey
from metering.models import Budget, PolicyRule, Tenant
from metering.policy.compile_rows import PolicyRows, by_place
from metering.policy.read_balances import read_balances
from metering.policy.rows import Used, calendar_of
from metering.policy.values import EffectivePolicy, MeterLimit, PolicySubject
from metering.tags import Tags
from metering.types import Dimension, SubjectType
from metering.usage.open_meters import LimitOnMeter


class CallsAtOnce:
    """The active `max_concurrent` rules and budgets of some tenants, at a moment."""

    def __init__(
        self,
        rows: Collection[PolicyRule | Budget],
        tenants: Iterable[Tenant],
        plans: Mapping[UUID, Mapping[str, Used]],
        now: datetime,
    ) -> None:
        """`plans` are those that each tenant was ever on."""
        self._rows = PolicyRows(
            calendars={tenant.pk: calendar_of(tenant) for tenant in tenants},
            rules=by_place(row for row in rows if isinstance(row, PolicyRule)),
            budgets=by_place(row for row in rows if isinstance(row, Budget)),
            plans=plans,
        )
        self._now = now
        self._taken: dict[MeterKey, int] = {}

    def in_force(self, key: LimitOnMeter, rule: PolicyRule, plans: Collection[str]) -> MeterLimit | None:
        """What limits the meter of `rule`; None where nothing does, now."""
        found = [
            limit
            for plan in plans or ("",)
            for limit in self._policy(_subject(key, plan), rule.task_id or "", _tags(key)).limits
            if limit.budget_id == key.budget_id and limit.meter.dimension is Dimension.CONCURRENCY
        ]
        return min(found, key=lambda limit: limit.limit, default=None)

    def _policy(self, subject: PolicySubject, task: str, tags: Tags) -> EffectivePolicy:
        policy = self._rows.policy(subject, task)
        if policy.variants is not None:
            policy = policy.variants.at(self._now, self._taken_of(policy.variants.meters))
        return policy.for_tags(tags)

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
    own = {SubjectType(key.subject_type): UUID(key.subject_id)} if not _tags(key) else {}
    return PolicySubject(
        tenant_id=key.tenant_id,
        plan=plan,
        team_id=own.get(SubjectType.TEAM),
        user_id=own.get(SubjectType.USER),
        token_id=own.get(SubjectType.TOKEN),
    )


def _tags(key: LimitOnMeter) -> Tags:
    """Of the calls that the meter counts, as much as it tells."""
    return (key.subject_id,) if key.subject_type == SubjectType.TAG else ()
