"""The calls of the last days judged as things are and as they would be: what a change would have denied, and let pass.

Two questions, each answered in time and as exactly as that allows:

1. Budgets: all calls, in one quick pass (`budget_pass.py`); if there is no time for all, the newest, on what was used
   before. What fills a budget is the sum of a whole window, so that calls here and there would say nothing about it.
2. Whatever else may deny a call or cut it shorter: by the replay, which sees everything if there are few calls, and
   else stretches of calls that are spread evenly over the days.

Both know only the limits that the change is about, so that a call that another limit would deny by now is not counted
against the change.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain

from metering.ids import time_ms_of
from metering.models import ATIToken, Budget, PolicyRule
from metering.policy.applying import Place
from metering.policy.source import PolicySource
from metering.simulation.budget_pass import BudgetPass, lines_of
from metering.simulation.change import Row
from metering.simulation.count_calls import count_by_stretch, count_calls
from metering.simulation.logged import LoggedCall, logged_calls
from metering.simulation.replay import ReplayRun, Tally
from metering.simulation.used_before import UsedBefore
from metering.usage.filters import UsageFilter

MOST_LINES = 150_000
"""Attempts that the quick pass looks at; of more, the newest."""
MOST_ATTEMPTS = 5_000
"""Attempts that the replay looks at."""
STRETCHES = 100
"""Into so many parts the days are divided, where the replay cannot see all calls."""
STEP = 37
"""The order in which they are looked at, so that those for which there is time are spread evenly as well. It has no
factor in common with their number."""
ALSO_KEPT = frozenset({"enforcement", "enforcement_percent"})
"""Rules that say what every limit does once it is reached."""
LOOK_AT_CLOCK_EVERY = 10
LINES_BETWEEN_LOOKS = 500
TALLIES = ("denied", "let_pass", "shortened")


@dataclass(slots=True)
class Estimate:
    """What a sample makes of all calls: each stretch counts for as many calls as there are in it."""

    denied: Tally = field(default_factory=Tally)
    let_pass: Tally = field(default_factory=Tally)
    shortened: Tally = field(default_factory=Tally)


@dataclass(slots=True)
class BothWays:
    """What became of the calls that were looked at, of those of [since, until)."""

    since: datetime
    until: datetime
    total: Tally = field(default_factory=Tally)
    denied: Tally = field(default_factory=Tally)
    """Those that only the change denies, with what they cost."""
    let_pass: Tally = field(default_factory=Tally)
    """Those that only the change lets pass."""
    shortened: Tally = field(default_factory=Tally)
    """Those whose answers the change cuts shorter, with what that saves."""
    estimate: "Estimate | None" = None
    """Of a sample, what it makes of all calls. None: everything was looked at, or nobody can say."""
    of_calls: int | None = None
    """How many calls there are. None: counting them takes too long."""
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
    """Judge the chosen calls twice, until the monotonic clock shows `ends_by`.

    `about` is the rule or budget that changes, as it was and as it would be; without either, all limits may change.
    """
    since, until = chosen.since, chosen.until
    if since is None or until is None:
        raise ValueError("the calls of a period are asked for")
    one, other = _narrowed(before, about), _narrowed(after, about)
    rows = [row for row in about if row is not None]
    if rows and all(isinstance(row, Budget) for row in rows):
        return _budgets(one, other, plan_after, chosen, since, until, ends_by)
    if rows:
        return _replays(one, other, plan_after, chosen, since, until, ends_by)
    # All limits may change: half of the time for either question. What both would deny is counted once at least.
    middle = (time.monotonic() + ends_by) / 2
    by_budgets = _budgets(one, other, plan_after, chosen, since, until, middle)
    by_others = _replays(
        _without_budgets(one), _without_budgets(other), plan_after, chosen, since, until, ends_by
    )
    return _larger(by_budgets, by_others)


def _budgets(
    one: PolicySource,
    other: PolicySource,
    plan_after: str | None,
    chosen: UsageFilter,
    since: datetime,
    until: datetime,
    ends_by: float,
) -> BothWays:
    """All calls if there is time for them; else the newest, because what a budget denies comes late in its window."""
    look = partial(_look_at_budgets, one, other, plan_after, chosen, until)
    begin = begin_of_newest(chosen, MOST_LINES) or since
    # 1. A quarter of the time shows how many calls there is time for.
    now_s = time.monotonic()
    result = look(since=begin, ends_by=now_s + (ends_by - now_s) / 4)
    if result.until < until:
        # 2. Three quarters are left. If not all calls fit, fewer of them are sure to.
        seen = result.total.calls
        if begin_of_newest(chosen, 3 * seen) is not None:
            begin = max(begin, begin_of_newest(chosen, 2 * seen) or begin)
        result = look(since=begin, ends_by=ends_by)
    result.sampled = result.since > since or result.until < until
    result.of_calls = count_calls(chosen) if result.sampled else result.total.calls
    return result


def _look_at_budgets(
    one: PolicySource,
    other: PolicySource,
    plan_after: str | None,
    chosen: UsageFilter,
    until: datetime,
    *,
    since: datetime,
    ends_by: float,
) -> BothWays:
    """From `since` on, until the clock shows `ends_by`."""
    result = BothWays(since=since, until=until)
    used = UsedBefore(since)
    plans = dict(ATIToken.objects.values_list("pk", "plan_tier_id"))
    was = BudgetPass(one, plans=plans, since=since, begin_with=used.of)
    will = BudgetPass(other, plans=plans, since=since, plan=plan_after, begin_with=used.of)
    for number, line in enumerate(lines_of(replace(chosen, since=since))):
        if number % LINES_BETWEEN_LOOKS == 0 and time.monotonic() >= ends_by:
            result.until = datetime.fromtimestamp(line.at_s, UTC)
            break
        _tally(result, line.used.cost_nano_usd, was=was.take(line), would_be=will.take(line), saved=0)
    result.windows_unknown = used.is_unknown
    return result


def _replays(
    one: PolicySource,
    other: PolicySource,
    plan_after: str | None,
    chosen: UsageFilter,
    since: datetime,
    until: datetime,
    ends_by: float,
) -> BothWays:
    result = BothWays(since=since, until=until)
    result.sampled = begin_of_newest(chosen, MOST_ATTEMPTS) is not None
    # A condition about the use of a budget asks for what was used before, which stretches of calls do not tell.
    result.windows_unknown = any((*one.rows.budgets.values(), *other.rows.budgets.values()))
    if result.sampled:
        _sample(result, one, other, plan_after, chosen, ends_by)
    else:
        _replay(result, logged_calls(chosen), one, other, plan_after, ends_by)
        result.of_calls = result.total.calls if not result.sampled else count_calls(chosen)
    return result


def _replay(
    result: BothWays,
    calls: Iterable[LoggedCall],
    one: PolicySource,
    other: PolicySource,
    plan_after: str | None,
    ends_by: float,
) -> None:
    was, will = ReplayRun(one), ReplayRun(other, plan=plan_after)
    for number, call in enumerate(calls):
        if number % LOOK_AT_CLOCK_EVERY == 0 and time.monotonic() >= ends_by:
            result.until, result.sampled = call.admitted_at, True
            return
        _compare(result, call, was, will)


def _sample(
    result: BothWays,
    one: PolicySource,
    other: PolicySource,
    plan_after: str | None,
    chosen: UsageFilter,
    ends_by: float,
) -> None:
    """Look at the first calls of each stretch, and weigh them with how many there are in it."""
    length = (result.until - result.since) / STRETCHES
    in_stretch = count_by_stretch(chosen, result.since, length, stretches=STRETCHES)
    result.of_calls = sum(in_stretch.values()) if in_stretch is not None else None
    estimate, stood_for = Estimate(), 0
    for number in range(STRETCHES):
        if time.monotonic() >= ends_by:
            break
        place = number * STEP % STRETCHES
        if in_stretch is not None and not in_stretch.get(place):
            continue
        begin = result.since + length * place
        part = BothWays(since=begin, until=begin + length)
        calls = logged_calls(replace(chosen, since=part.since, until=part.until))
        _replay(part, _first(calls), one, other, plan_after, ends_by)
        _add(result, part)
        if in_stretch is not None and part.total.calls:
            _weigh(estimate, part, in_stretch[place] / part.total.calls)
            stood_for += in_stretch[place]
    if result.of_calls is not None and stood_for:
        whole = Estimate()
        _weigh(whole, estimate, result.of_calls / stood_for)  # for the stretches that there was no time for
        result.estimate = whole


def _add(result: BothWays, part: BothWays) -> None:
    for name in ("total", *TALLIES):
        mine, its = getattr(result, name), getattr(part, name)
        mine.calls += its.calls
        mine.cost_nano_usd += its.cost_nano_usd


def _weigh(into: Estimate, part: BothWays | Estimate, weight: float) -> None:
    for name in TALLIES:
        mine, its = getattr(into, name), getattr(part, name)
        mine.calls += round(its.calls * weight)
        mine.cost_nano_usd += round(its.cost_nano_usd * weight)


def _first(calls: Iterator[LoggedCall]) -> Iterator[LoggedCall]:
    attempts = 0
    for call in calls:
        attempts += len(call.attempts)
        if attempts > MOST_ATTEMPTS // STRETCHES:
            return
        yield call


def _compare(result: BothWays, call: LoggedCall, one: ReplayRun, other: ReplayRun) -> None:
    saved = other.replayed.shortened.cost_nano_usd - one.replayed.shortened.cost_nano_usd
    was, would_be = one.take(call), other.take(call)
    saved = other.replayed.shortened.cost_nano_usd - one.replayed.shortened.cost_nano_usd - saved
    _tally(result, call.used.cost_nano_usd, was=was, would_be=would_be, saved=saved)


def _tally(result: BothWays, cost: int, *, was: bool, would_be: bool, saved: int) -> None:
    result.total.add(cost)
    if would_be and not was:
        result.denied.add(cost)
    elif was and not would_be:
        result.let_pass.add(cost)
    elif saved > 0:
        result.shortened.add(saved)


def _larger(one: BothWays, other: BothWays) -> BothWays:
    """The answer of whichever denies the larger share; if neither denies, what the replay says of answers cut."""
    if one.denied.calls * max(other.total.calls, 1) > other.denied.calls * max(one.total.calls, 1):
        return one
    return replace(other, windows_unknown=one.windows_unknown)


def begin_of_newest(chosen: UsageFilter, most: int) -> datetime | None:
    """The moment since which there are as many attempts as can be looked at; None: there are no more than that."""
    rows = chosen.rows().order_by("-id").values_list("id", flat=True)
    for identifier in rows[most : most + 1]:
        # The next millisecond: no call is torn apart.
        return datetime.fromtimestamp((time_ms_of(identifier) + 1) / 1000, UTC)
    return None


def _without_budgets(source: PolicySource) -> PolicySource:
    return replace(source, rows=replace(source.rows, budgets={}))


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
