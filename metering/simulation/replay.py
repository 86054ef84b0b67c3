"""Replay the usage log of a period against a policy source: what would have been denied, by what, and what it cost.

Each call is planned and admitted as the gateway does it, on a ledger and buckets in memory: its logged use is held
until its logged end. The log holds what was admitted, with its true use: a call that was denied then is not in it, and
holds that were larger than the use are not replayed. Budgets count from the start of the month in which the period
begins, so that their windows are as full as they were.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from typing import NamedTuple
from uuid import UUID

from metering.admission.demand import Asker
from metering.admission.denial import deciding_rule
from metering.admission.plan import plan_call
from metering.errors import InvalidRequest, MeteringError, NotFound
from metering.ledger.commands import Settle
from metering.models import ATIToken, Tenant
from metering.policy.source import PolicySource
from metering.policy.values import EffectivePolicy, PolicySubject
from metering.reservation.reserve import Hold
from metering.simulation.in_memory import InMemoryAdmission, at_once
from metering.simulation.logged import LoggedAttempt, LoggedCall, logged_calls
from metering.simulation.logged_demand import demand_of_log, plan_of_use, with_retired
from metering.usage.filters import UsageFilter

MAX_POLICIES = 10_000
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""Before any log, and far enough from the beginning of time to reckon with."""
TELL_EVERY = 2_000
"""Calls between two reports of progress."""
Progress = Callable[[float, int], None]
"""The share of the time that was replayed, and the calls."""


@dataclass(slots=True)
class Tally:
    """Calls and what they cost in nano-USD."""

    calls: int = 0
    cost_nano_usd: int = 0

    def add(self, cost_nano_usd: int) -> None:
        self.calls += 1
        self.cost_nano_usd += cost_nano_usd


@dataclass(slots=True)
class Replayed:
    """What became of the period's calls."""

    total: Tally = field(default_factory=Tally)
    denied: Tally = field(default_factory=Tally)
    by_rule: dict[tuple[str, str], Tally] = field(default_factory=dict)
    """By rule and error code."""
    by_principal: dict[tuple[UUID | None, UUID | None], Tally] = field(default_factory=dict)
    """Denied calls by user and, of a caller who is no user, token."""
    would_deny: dict[tuple[str, str], Tally] = field(default_factory=dict)
    """The same for limits that warn or are observed."""
    shortened: Tally = field(default_factory=Tally)
    """Calls whose answer would have been cut at a smaller output limit, with what that saves."""
    unknown: int = 0
    """Calls of tenants or tokens that do not exist any more; they count as allowed."""
    stopped_early: bool = False
    """The bound on calls was reached before the period's end."""

    @property
    def cost_after_nano_usd(self) -> int:
        return self.total.cost_nano_usd - self.denied.cost_nano_usd - self.shortened.cost_nano_usd


def replay(
    *,
    source: PolicySource,
    since: datetime,
    until: datetime,
    tenant: Tenant | None = None,
    plan: str | None = None,
    shift: timedelta = timedelta(0),
    most_calls: int | None = None,
    most_before: int | None = None,
    progress: Progress = lambda share, calls: None,
) -> Replayed:
    """Judge every call of [since, until), as if its token were on `plan` and it came `shift` later.

    Raises InvalidRequest for an empty period, an unknown plan, or more than `most_before` calls that come before the
    period and have to be counted.
    """
    if since >= until:
        raise InvalidRequest("The period must end after it begins.", param="until")
    if since < EARLIEST:
        raise InvalidRequest(f"There is no log from before {EARLIEST.year}.", param="since")
    if plan is not None and not any(known == plan for known, _ in source.access):
        raise InvalidRequest(f"There is no plan {plan!r}.", param="plan")
    run = ReplayRun(source, plan=plan, shift=shift)
    begin = since.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0) - timedelta(
        days=1
    )
    seen = 0
    for call in logged_calls(UsageFilter(tenant=tenant, since=begin, until=until)):
        counts = call.admitted_at >= since
        if counts and most_calls is not None and run.replayed.total.calls >= most_calls:
            run.replayed.stopped_early = True
            break
        if not counts and most_before is not None and seen >= most_before:
            raise InvalidRequest(
                f"More than {most_before:,} calls come before the period in its month and have to be counted. "
                "Begin earlier in the month, or use manage.py simulate_policy.",
                param="since",
            )
        run.take(call, counts=counts)
        seen += 1
        if seen % TELL_EVERY == 0:
            progress((call.admitted_at - begin) / (until - begin), seen)
    progress(1.0, seen)
    return run.replayed


class _Token(NamedTuple):
    """What a token is on, and what it is narrowed to, as it is today."""

    plan: str = ""
    allowed_tasks: frozenset[str] = frozenset()
    allowed_models: frozenset[str] = frozenset()


NO_TOKEN = _Token()


def _read_tokens() -> dict[UUID, _Token]:
    rows = ATIToken.objects.values_list("id", "plan_tier_id", "allowed_tasks", "allowed_models")
    return {
        pk: _Token(plan, frozenset(tasks), frozenset(models)) for pk, plan, tasks, models in rows.iterator()
    }


class ReplayRun:
    """One pass over the log, on a ledger and buckets in memory whose clock is the log's."""

    def __init__(
        self,
        source: PolicySource,
        *,
        plan: str | None = None,
        shift: timedelta = timedelta(0),
    ) -> None:
        self.replayed = Replayed()
        self._source = source
        self._plan = plan
        self._shift = shift
        self._admission = InMemoryAdmission(EARLIEST)
        self._under_way: list[tuple[datetime, UUID, Settle]] = []
        """The calls that are admitted and have not ended, as a heap, the next to end first."""
        self._tokens = _read_tokens()
        self._policies: OrderedDict[tuple[PolicySubject, str], EffectivePolicy | None] = OrderedDict()

    def take(self, call: LoggedCall, *, counts: bool = True) -> bool:
        """Admit and count one call, and return whether it is denied; before the period begins, only count its use."""
        asker = self._asker(call.first)
        policy = self._policy(asker.subject, call.first.task) if asker is not None else None
        if asker is None or policy is None:
            if counts:
                self.replayed.total.add(call.used.cost_nano_usd)
                self.replayed.unknown += 1
            return False
        now = call.admitted_at + self._shift
        self._settle_until(now)
        self._admission.now = now
        if policy.variants is not None:
            taken = {meter: sum(self._admission.ledger.balance_of(meter)) for meter in policy.variants.meters}
            policy = policy.variants.at(now, taken)
        policy = policy.for_labels(call.first.tags, call.first.conversation_id)
        demand = demand_of_log(asker, call)
        if not counts:
            held = self._admission.admit(plan_of_use(demand, policy, call)).hold
            self._hold_until_end(call, held, saved_nano_usd=0)
            return False
        self.replayed.total.add(call.used.cost_nano_usd)
        try:
            access = self._source.access_to(asker.subject.plan, demand.task)
            plan = plan_call(demand, access, with_retired(call, self._source.models), policy)
            admitted = self._admission.admit(plan)
        except MeteringError as refusal:
            self._count_denial(call, refusal, asker, policy)
            return True
        for verdict in admitted.verdicts:
            self.replayed.would_deny.setdefault((verdict.rule, verdict.code), Tally()).add(
                call.used.cost_nano_usd
            )
        saved = plan.measured.saved_nano_usd
        if saved:
            self.replayed.shortened.add(saved)
        self._hold_until_end(call, admitted.hold, saved_nano_usd=saved)
        return False

    def _count_denial(
        self, call: LoggedCall, refusal: MeteringError, asker: Asker, policy: EffectivePolicy
    ) -> None:
        rule, _ = deciding_rule(refusal, asker.subject.plan, policy)
        self.replayed.denied.add(call.used.cost_nano_usd)
        self.replayed.by_rule.setdefault((rule, refusal.code), Tally()).add(call.used.cost_nano_usd)
        user = asker.subject.user_id
        whose = (user, None if user is not None else asker.subject.token_id)
        self.replayed.by_principal.setdefault(whose, Tally()).add(call.used.cost_nano_usd)

    def _hold_until_end(self, call: LoggedCall, hold: Hold, *, saved_nano_usd: int) -> None:
        ends_at = self._admission.now + timedelta(seconds=call.lasted_s)
        command = Settle(reservation_id=hold.reservation_id, attempts=call.as_attempts(saved_nano_usd))
        heappush(self._under_way, (ends_at, hold.reservation_id, command))

    def _settle_until(self, now: datetime) -> None:
        """Settle the calls that have ended by now, each at its own end."""
        while self._under_way and self._under_way[0][0] <= now:
            self._admission.now, _, command = heappop(self._under_way)
            at_once(self._admission.ledger.submit(command))

    def _asker(self, attempt: LoggedAttempt) -> Asker | None:
        token = self._tokens.get(attempt.token_id, NO_TOKEN) if attempt.token_id is not None else NO_TOKEN
        plan = self._plan or token.plan
        if not plan:
            return None
        return Asker(
            subject=PolicySubject(
                attempt.tenant_id, plan, attempt.team_id, attempt.user_id, attempt.token_id
            ),
            allowed_tasks=token.allowed_tasks,
            allowed_models=token.allowed_models,
        )

    def _policy(self, subject: PolicySubject, task: str) -> EffectivePolicy | None:
        key = (subject, task)
        if key in self._policies:
            return self._policies[key]
        try:
            policy = self._source.policy(subject, task)
        except NotFound:
            policy = None
        if len(self._policies) >= MAX_POLICIES:
            self._policies.popitem(last=False)
        self._policies[key] = policy
        return policy
