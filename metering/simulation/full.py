"""Whether budgets and concurrency limits have room for a logged call, on a replay's counters."""

from datetime import datetime

from metering.amounts import COLUMNS, Amounts, total
from metering.errors import BudgetExceeded, ConcurrencyExceeded
from metering.ledger.commands import MeterKey
from metering.ledger.windows import window_bounds
from metering.policy.values import MeterLimits
from metering.reservation.lasting import Lasting, lasting
from metering.simulation.counters import Counters
from metering.simulation.logged import LoggedCall
from metering.types import Dimension, Window

Reason = tuple[str, str]
"""A rule as messages call it, and the error's code."""


def end_of(meter: MeterKey, now: datetime) -> datetime | None:
    """When the window ends that contains `now`; None: never."""
    return window_bounds(meter.window, now, timezone=meter.timezone, week_start=meter.week_start)[1]


def amounts_of(call: LoggedCall, saved_nano_usd: int) -> Amounts:
    """What the call needs room for: one request of one step at least, and what it used, less what a smaller output
    would have saved."""
    used = [Amounts(**{name: getattr(attempt, name) for name in COLUMNS}) for attempt in call.attempts]
    needed = total(tuple(used)) + Amounts(requests=1, cost_nano_usd=-saved_nano_usd)
    return needed if needed.steps else needed + Amounts(steps=1)


def full(
    lines: MeterLimits, amounts: Amounts, counters: Counters, now: datetime, now_s: float
) -> tuple[Reason | None, tuple[Reason, ...]]:
    """The enforced line without room that lasts longest, and those that are not enforced."""
    denied: tuple[Lasting, Reason] | None = None
    would_deny: list[Reason] = []
    for line in lines:
        amount = amounts.of(line.meter.dimension)
        if not amount or line.only_counts:
            continue
        is_concurrency = line.meter.window is Window.NONE
        taken = counters.in_flight(line.meter, now_s) if is_concurrency else counters.used(line.meter, now)
        if taken + amount <= line.limit:
            continue
        reason = (line.name, (ConcurrencyExceeded if is_concurrency else BudgetExceeded).code)
        if not line.enforced:
            would_deny.append(reason)
            continue
        lasts = lasting(line.meter.dimension, end_of(line.meter, now))
        if denied is None or lasts > denied[0]:
            denied = lasts, reason
    return (denied[1] if denied else None), tuple(would_deny)


def charge(
    lines: MeterLimits,
    amounts: Amounts,
    counters: Counters,
    now: datetime,
    now_s: float,
    *,
    lasts_s: float,
    is_use: bool,
) -> None:
    """Count an admitted call, once on each meter. Where the vendor only failed it is no request and no step."""
    for meter in {line.meter for line in lines}:
        counts = is_use or meter.dimension not in (Dimension.REQUESTS, Dimension.STEPS)
        amount = amounts.of(meter.dimension) if counts else 0
        if meter.window is Window.NONE:
            counters.fly(meter, now_s, now_s + lasts_s)
        elif amount:
            counters.charge(meter, amount, now)


def seconds_of(call: LoggedCall) -> float:
    """How long the call took: its attempts, one after the other."""
    return sum([attempt.latency_ms for attempt in call.attempts]) / 1000
