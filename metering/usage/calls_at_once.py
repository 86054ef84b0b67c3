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
from metering.types import SUBJECTS_TOLD_BY_CALL, Dimension, SubjectType
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
            for limit in self._policy(key, plan, rule.task_id or "").limits
            if limit.budget_id == key.budget_id and limit.meter.dimension is Dimension.CONCURRENCY
        ]
        return min(found, key=lambda limit: limit.limit, default=None)

    def _policy(self, key: LimitOnMeter, plan: str, task: str) -> EffectivePolicy:
        policy = self._rows.policy(_subject(key, plan), task)
        if policy.variants is not None:
            policy = policy.variants.at(self._now, self._taken_of(policy.variants.meters))
        is_tag, is_conversation = (
            key.subject_type == each for each in (SubjectType.TAG, SubjectType.CONVERSATION)
        )
        return policy.for_labels(
            (key.subject_id,) if is_tag else (), key.subject_id if is_conversation else None
        )

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
    kind = SubjectType(key.subject_type)
    own = {kind: UUID(key.subject_id)} if kind not in SUBJECTS_TOLD_BY_CALL else {}
    return PolicySubject(
        tenant_id=key.tenant_id,
        plan=plan,
        team_id=own.get(SubjectType.TEAM),
        user_id=own.get(SubjectType.USER),
        token_id=own.get(SubjectType.TOKEN),
    )
