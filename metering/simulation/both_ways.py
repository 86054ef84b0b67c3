"""The calls of the last days judged as things are and as they would be: what a change would have denied, and let pass.

Both replays see each call one after the other. They know only the limits that the change is about, so that a call that
another limit would deny by now is not counted against the change. It ends in time: where there are more calls than it
can look at, it looks at the newest.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import chain
from uuid import UUID

from metering.ids import time_ms_of
from metering.ledger.commands import MeterKey
from metering.ledger.windows import window_bounds
from metering.models import Budget, PolicyRule
from metering.policy.applying import Place
from metering.policy.source import PolicySource
from metering.simulation.change import Row
from metering.simulation.logged import LoggedCall, logged_calls
from metering.simulation.replay import ReplayRun, Tally
from metering.simulation.use_by_subject import NOBODY, SHARED, Counted, Use, use_by_subject
from metering.types import Dimension, SubjectType, Window
from metering.usage.filters import UsageFilter

MOST_ATTEMPTS = 6_000
"""Of the log, which two replays get through within a second and a half."""
ALSO_KEPT = frozenset({"enforcement", "enforcement_percent"})
"""Rules that say what every limit does once it is reached."""
LOOK_AT_CLOCK_EVERY = 50


@dataclass(slots=True)
class BothWays:
    """What became of the calls that were looked at."""

    since: datetime
    until: datetime
    """The calls of [since, until) were looked at."""
    total: Tally = field(default_factory=Tally)
    denied: Tally = field(default_factory=Tally)
    """Those that only the change denies, with what they cost."""
    let_pass: Tally = field(default_factory=Tally)
    """Those that only the change lets pass."""
    shortened: Tally = field(default_factory=Tally)
    """Those whose answers the change cuts shorter, with what that saves."""
    sampled: bool = False
    """Whether there are more calls than were looked at."""
    windows_unknown: bool = False
    """Whether windows that had begun before count as empty then, because adding them up takes too long."""


def both_ways(
    *,
    before: PolicySource,
    after: PolicySource,
    plan_after: str | None,
    about: tuple[Row | None, Row | None],
    chosen: UsageFilter,
    ends_by: float,
) -> BothWays:
    """Replay the chosen calls twice, until the monotonic clock shows `ends_by`.

    `about` is the rule or budget that changes, as it was and as it would be; without either, all limits may change.
    """
    since, until = chosen.since, chosen.until
    if since is None or until is None:
        raise ValueError("the calls of a period are asked for")
    newest = begin_of_newest(chosen)
    result = BothWays(since=newest or since, until=until, sampled=newest is not None)
    used = _UsedBefore(result.since)
    one = ReplayRun(_narrowed(before, about), begin_with=used.of)
    other = ReplayRun(_narrowed(after, about), plan=plan_after, begin_with=used.of)
    calls = logged_calls(replace(chosen, since=result.since))
    for number, call in enumerate(calls):
        if number % LOOK_AT_CLOCK_EVERY == 0 and time.monotonic() >= ends_by:
            result.until, result.sampled = call.admitted_at, True
            break
        _compare(result, call, one, other)
    result.windows_unknown = used.is_unknown
    return result


def _compare(result: BothWays, call: LoggedCall, one: ReplayRun, other: ReplayRun) -> None:
    cost = call.used.cost_nano_usd
    saved = other.replayed.shortened.cost_nano_usd - one.replayed.shortened.cost_nano_usd
    was, would_be = one.take(call), other.take(call)
    saved = other.replayed.shortened.cost_nano_usd - one.replayed.shortened.cost_nano_usd - saved
    result.total.add(cost)
    if would_be and not was:
        result.denied.add(cost)
    elif was and not would_be:
        result.let_pass.add(cost)
    elif saved > 0:
        result.shortened.add(saved)


def begin_of_newest(chosen: UsageFilter) -> datetime | None:
    """The moment since which there are as many attempts as can be looked at; None: there are no more than that."""
    last = chosen.rows().order_by("-id").values_list("id", flat=True)[MOST_ATTEMPTS : MOST_ATTEMPTS + 1]
    for identifier in last:
        # The next millisecond: no call is torn apart.
        return datetime.fromtimestamp((time_ms_of(identifier) + 1) / 1000, UTC)
    return None


def _narrowed(source: PolicySource, about: tuple[Row | None, Row | None]) -> PolicySource:
    """The source with the limits that a change is about, and whatever decides whether they count."""
    rows = [row for row in about if row is not None]
    keys = {row.key for row in rows if isinstance(row, PolicyRule)}
    if not rows or keys & ALSO_KEPT:
        return source
    kept_rules = {
        place: [rule for rule in rules if rule.key in keys | ALSO_KEPT]
        for place, rules in source.rows.rules.items()
    }
    ids = {row.pk for row in rows if isinstance(row, Budget)}
    budgets: Mapping[Place, list[Budget]] = {
        place: [budget for budget in found if budget.pk in ids]
        for place, found in source.rows.budgets.items()
    }
    if any("usage" in rule.conditions for rule in chain.from_iterable(kept_rules.values())):
        budgets = source.rows.budgets
    return replace(source, rows=replace(source.rows, rules=kept_rules, budgets=budgets))


class _UsedBefore:
    """What was used in windows that had begun when the replay begins, read once for all subjects of one kind."""

    def __init__(self, since: datetime) -> None:
        self._since = since
        self._known: dict[tuple[Counted, UUID, datetime], Use] = {}
        self.is_unknown = False

    def of(self, meter: MeterKey) -> int:
        dimension, per = Dimension(meter.dimension), SubjectType(meter.subject_type)
        if dimension is Dimension.CONCURRENCY:
            return 0
        start, _ = window_bounds(
            Window(meter.window), self._since, timezone=meter.timezone, week_start=meter.week_start
        )
        if start >= self._since:
            return 0
        owner = NOBODY if per in SHARED or meter.tenant_id is None else meter.tenant_id
        counted = Counted(per, dimension, meter.task, meter.model_class)
        return self._read(counted, owner, start).get((owner, meter.subject_id), 0)

    def _read(self, counted: Counted, owner: UUID, start: datetime) -> Use:
        key = (counted, owner, start)
        if key not in self._known:
            tenants = None if owner == NOBODY else [owner]
            found = None
            if not self.is_unknown:  # once is enough to wait for what takes too long
                found = use_by_subject(counted, tenants=tenants, since=start, until=self._since)
            self.is_unknown = found is None
            self._known[key] = found or {}
        return self._known[key]
