"""Whether budgets and concurrency limits have room for a logged call, on a replay's counters."""

from datetime import datetime

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


def amounts_of(call: LoggedCall, saved_nano_usd: int) -> dict[Dimension, int]:
    """What the call needs room for: one request of one step at least, and what it used, less what a smaller output
    would have saved."""
    attempts = call.attempts
    input_tokens = sum([attempt.input_tokens for attempt in attempts])
    output_tokens = sum([attempt.output_tokens for attempt in attempts])
    return {
        Dimension.REQUESTS: 1,
        Dimension.CONCURRENCY: 1,
        Dimension.INPUT_TOKENS: input_tokens,
        Dimension.OUTPUT_TOKENS: output_tokens,
        Dimension.TOKENS: input_tokens + output_tokens,
        Dimension.COST: sum([attempt.cost_nano_usd for attempt in attempts]) - saved_nano_usd,
        Dimension.API_CALLS: sum([attempt.api_calls for attempt in attempts]),
        Dimension.FILES: sum([attempt.files for attempt in attempts]),
        Dimension.STEPS: max(1, sum([attempt.steps for attempt in attempts])),
    }


def full(
    lines: MeterLimits, amounts: dict[Dimension, int], counters: Counters, now: datetime, now_s: float
) -> tuple[Reason | None, tuple[Reason, ...]]:
    """The enforced line without room that lasts longest, and those that are not enforced."""
    denied: tuple[Lasting, Reason] | None = None
    would_deny: list[Reason] = []
    for line in lines:
        amount = amounts[line.meter.dimension]
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
    amounts: dict[Dimension, int],
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
        amount = amounts[meter.dimension] if counts else 0
        if meter.window is Window.NONE:
            counters.fly(meter, now_s, now_s + lasts_s)
        elif amount:
            counters.charge(meter, amount, now)


def seconds_of(call: LoggedCall) -> float:
    """How long the call took: its attempts, one after the other."""
    return sum([attempt.latency_ms for attempt in call.attempts]) / 1000
