"""Replay the usage log of a period against a rule book: what would have been denied, by which rule, and what it cost.

The log holds what was admitted, with its true use: a call that was denied then is not in it, and holds of calls
in flight (larger than their use) are not replayed. Budgets count from the start of the month in which the period
begins, so that their windows are as full as they were.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from metering.errors import InvalidRequest, NotFound
from metering.models import ATIToken, Tenant
from metering.policy.values import EffectivePolicy, PolicySubject
from metering.simulation.asker import Asker
from metering.simulation.counters import Counters
from metering.simulation.judge_logged import Judged, judge_logged
from metering.simulation.logged import LoggedAttempt, LoggedCall, logged_calls
from metering.simulation.rule_book import RuleBook
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
    book: RuleBook,
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
    if plan is not None and not any(known == plan for known, _ in book.access):
        raise InvalidRequest(f"There is no plan {plan!r}.", param="plan")
    run = _Run(book, plan, shift)
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


class _Run:
    """One pass over the log."""

    def __init__(self, book: RuleBook, plan: str | None, shift: timedelta) -> None:
        self.replayed = Replayed()
        self._book = book
        self._plan = plan
        self._shift = shift
        self._counters = Counters()
        self._tokens = _read_tokens()
        self._policies: OrderedDict[tuple[PolicySubject, str], EffectivePolicy | None] = OrderedDict()

    def take(self, call: LoggedCall, *, counts: bool) -> None:
        """Judge and count one call; before the period begins, only its use."""
        first = call.first
        cost = sum(attempt.cost_nano_usd for attempt in call.attempts)
        asker = self._asker(first)
        policy = self._policy(asker.subject, first.task) if asker is not None else None
        if asker is None or policy is None:
            if counts:
                self.replayed.total.add(cost)
                self.replayed.unknown += 1
            return
        judged = judge_logged(
            self._book,
            asker,
            policy,
            call,
            self._counters,
            now=call.admitted_at + self._shift,
            free=not counts,
        )
        if counts:
            self._count(judged, cost)

    def _count(self, judged: Judged, cost: int) -> None:
        replayed = self.replayed
        replayed.total.add(cost)
        for reason in judged.would_deny:
            replayed.would_deny.setdefault(reason, Tally()).add(cost)
        if judged.denied_by is not None:
            replayed.denied.add(cost)
            replayed.by_rule.setdefault(judged.denied_by, Tally()).add(cost)
        elif judged.saved_nano_usd:
            replayed.shortened.add(judged.saved_nano_usd)

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
            policy = self._book.policy(subject, task)
        except NotFound:
            policy = None
        if len(self._policies) >= MAX_POLICIES:
            self._policies.popitem(last=False)
        self._policies[key] = policy
        return policy
