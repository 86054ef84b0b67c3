"""Alerts: a meter reaches a threshold of a limit on it, is told once, and waits for the next one. Pure.

Each limit that stands on a meter is watched by itself. Invariant: after every batch no threshold is reached that was
not told: `used` (where calls at once are counted, `held`) is below the meter's `alert_at`. An optimistic
batch (ADR 8) leaves that check to the database. What counts as reaching a threshold of t percent:

- the amount charged is at least t percent of the limit that the last reserve brought, and more than nothing;
- for 100 percent also: a call was denied that is not larger than the whole budget, and would have had no room either
  if every call in flight had cost nothing;
- for calls at once: as many are held when the batch ends, or when a call was denied. One at a time is not told, it is
  how a limit of 1 is used. After a cool-down they are told anew.

A raised limit begins a new episode: what it leaves unreached is told once more.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from metering.ledger.commands import HoldLine
from metering.ledger.records import NEVER, Alert, Meter, Watch
from metering.ledger.results import LineDenial
from metering.ledger.unit_of_work import UnitOfWork
from metering.thresholds import EXCEEDED_PERCENT, percentages, thresholds_text
from metering.types import Dimension

COOL_DOWN = timedelta(hours=6)
"""Between two alerts about the calls at once of one meter."""
CHANGE_COOL_DOWN = timedelta(minutes=1)
"""Between two raises of a limit after which its thresholds are told again."""


def watch(lines: Iterable[HoldLine], watching: int, meter: Meter, work: UnitOfWork) -> None:
    """Note that a reserve brings other limits, or other thresholds. `watching` is their fingerprint."""
    work.watched.add(meter.id)
    if not work.are_meters_locked:
        return  # a locked batch will do it
    brought = {str(line.budget_id): line for line in lines if line.thresholds}
    for budget_id, line in brought.items():
        seen = meter.watches.setdefault(budget_id, Watch())
        is_raised = line.limit > seen.limit and meter.dimension is not Dimension.CONCURRENCY
        if is_raised and seen.rearms_at is None and _forget_unreached(seen, meter, line.limit):
            seen.rearms_at = work.now + CHANGE_COOL_DOWN
        seen.limit, seen.thresholds = line.limit, line.thresholds
    for budget_id, seen in meter.watches.items():
        if budget_id not in brought:
            seen.thresholds = ""
    meter.watching = watching
    _arm(meter, work)


def rearm(meter: Meter, work: UnitOfWork) -> None:
    """End the cool-downs that are over on the database's clock."""
    if meter.rearms_at is None or meter.rearms_at > work.now:
        return
    for seen in meter.watches.values():
        if seen.rearms_at is not None and seen.rearms_at <= work.now:
            seen.rearms_at = None
            if meter.dimension is Dimension.CONCURRENCY:
                seen.alerted = ""
            else:  # a raise within the cool-down counts now
                _forget_unreached(seen, meter, seen.limit)
    _arm(meter, work)


def note_denial(denial: LineDenial, line: HoldLine, meter: Meter, work: UnitOfWork) -> None:
    """Note a denial. It may be the news that a budget is used up, although what is left was never charged."""
    if meter.dimension is Dimension.CONCURRENCY:
        is_news = denial.held >= meter.alert_at
    else:
        is_news = denial.requested <= denial.limit < denial.used + denial.requested
    if is_news and line.thresholds:
        work.denied[meter.id, str(line.budget_id)] = denial


def raise_alerts(work: UnitOfWork) -> None:
    """Find what was reached, once a locked batch is decided."""
    for meter in work.meters.values():
        reached = meter.held if meter.dimension is Dimension.CONCURRENCY else meter.used
        if reached < meter.alert_at:
            continue
        for budget_id, seen in meter.watches.items():
            _tell(meter, budget_id, _reached(seen, reached), meter.held, None, work)
    for (meter_id, budget_id), denial in work.denied.items():
        meter = work.meters[meter_id]
        watched = meter.watches.get(budget_id)
        if watched is None:
            continue
        if meter.dimension is Dimension.CONCURRENCY:
            _tell(meter, budget_id, _reached(watched, denial.held), denial.held, None, work)
        elif EXCEEDED_PERCENT in _pending(watched):
            _tell(meter, budget_id, (EXCEEDED_PERCENT,), meter.held, denial.requested, work)


def _reached(seen: Watch, amount: int) -> tuple[int, ...]:
    return tuple(percent for percent in _pending(seen) if amount >= _least(percent, seen.limit))


def _tell(
    meter: Meter,
    budget_id: str,
    thresholds: tuple[int, ...],
    held: int,
    requested: int | None,
    work: UnitOfWork,
) -> None:
    seen = meter.watches[budget_id]
    at_once = meter.dimension is Dimension.CONCURRENCY
    if not thresholds or (at_once and (seen.rearms_at is not None or seen.limit <= 1)):
        return
    work.alerts += [
        Alert(meter.id, budget_id, percent, seen.episodes, meter.used, held, requested, seen.limit)
        for percent in thresholds
    ]
    seen.alerted = thresholds_text({*percentages(seen.alerted), *thresholds})
    if at_once:
        seen.episodes += 1
        seen.rearms_at = work.now + COOL_DOWN
    _arm(meter, work)


def _forget_unreached(seen: Watch, meter: Meter, limit: int) -> bool:
    """Let what is not reached any more, now that a limit was raised, be told again when it is. Return whether any is.

    It is not told twice within a cool-down, because calls bring the old limit and the new in turns while a change
    reaches the processes.
    """
    told = percentages(seen.alerted)
    reached = [percent for percent in told if meter.used >= _least(percent, limit)]
    if len(reached) == len(told):
        return False
    seen.alerted = thresholds_text(reached)
    seen.episodes += 1
    return True


def _arm(meter: Meter, work: UnitOfWork) -> None:
    work.watched.add(meter.id)
    watches = meter.watches.values()
    meter.alert_at = min(
        [
            _least(percent, seen.limit)
            for seen in watches
            if not _is_quiet(seen, meter)
            for percent in _pending(seen)
        ],
        default=NEVER,
    )
    meter.rearms_at = min([seen.rearms_at for seen in watches if seen.rearms_at is not None], default=None)


def _is_quiet(seen: Watch, meter: Meter) -> bool:
    return meter.dimension is Dimension.CONCURRENCY and (seen.rearms_at is not None or seen.limit <= 1)


def _least(percent: int, limit: int) -> int:
    """Return the smallest amount that is so many percent of the limit."""
    return min(NEVER, max(1, -(-percent * limit // 100)))


def _pending(seen: Watch) -> Iterator[int]:
    told = percentages(seen.alerted)
    return (percent for percent in percentages(seen.thresholds) if percent not in told)
