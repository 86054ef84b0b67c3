"""What a call needs of its rate limits, and the errors of those that have too little."""

import math
from collections.abc import Iterable
from datetime import datetime, timedelta

from metering.errors import LimitUsage, OverRateCapacity, RateBalance, RateLimited, RateUse
from metering.policy.rate_limit import Limits, RateLimit
from metering.rates.port import Demand, Level
from metering.types import Dimension

Levels = tuple[Level, ...]


def demands_of(limits: Limits, tokens: int) -> tuple[Demand, ...]:
    """One request and its tokens, of every bucket."""
    units = {Dimension.REQUESTS: 1, Dimension.TOKENS: tokens}
    return tuple([Demand(limit.key, units[limit.dimension], limit.per_minute) for limit in limits])


def over_capacity(limits: Limits, demands: tuple[Demand, ...]) -> OverRateCapacity | None:
    """The error of a call that one of the buckets could not serve even when full."""
    for limit, demand in zip(limits, demands, strict=True):
        if demand.units > limit.per_minute:
            return OverRateCapacity(
                f"This call needs {demand.units:,} {limit.dimension} at once, more than {limit.name} "
                f"allows in a whole minute: {limit.per_minute:,}. Waiting does not help.",
                rates=tuple(_unasked(limits, demands)),
            )
    return None


def too_fast(limits: Limits, demands: tuple[Demand, ...], levels: Levels, now: datetime) -> RateLimited:
    """The error for the bucket that takes longest to have room: the caller has to wait for that one anyway."""
    waits = [level.wait_s(demand.units) for level, demand in zip(levels, demands, strict=True)]
    place = max(range(len(waits)), key=waits.__getitem__)
    limit, demand, level, wait_s = limits[place], demands[place], levels[place], waits[place]
    return RateLimited(
        f"Too fast: {limit.name} allows {limit.per_minute:,}, this call needs {demand.units:,} "
        f"and {level.remaining:,} are there now; there will be enough in {wait_s:.1f} s.",
        usage=LimitUsage(
            budget=limit.name,
            scope=limit.scope.value,
            dimension=limit.dimension.value,
            current=math.ceil(level.used),
            held=0,
            requested=demand.units,
            limit=limit.per_minute,
            period="minute",
            source_id=limit.rule_id,
        ),
        reset_at=now + timedelta(seconds=wait_s),
        retry_after_s=max(1, math.ceil(wait_s)),
        balances=tightest(limits, levels),
        rates=tuple(
            [
                use_of(limit, demand.units, level, fits=not wait)
                for limit, demand, level, wait in zip(limits, demands, levels, waits, strict=True)
            ]
        ),
    )


def tightest(limits: Limits, levels: Levels) -> tuple[RateBalance, ...]:
    """Of each dimension, the bucket with least left; `limits` may go on beyond `levels`."""
    found: dict[Dimension, tuple[float, Level]] = {}
    for limit, level in zip(limits, levels, strict=False):
        left = level.per_minute - level.used
        known = found.get(limit.dimension)
        if known is None or left < known[0]:
            found[limit.dimension] = left, level
    return tuple(
        [
            RateBalance(dimension.value, level.per_minute, level.remaining, level.full_in_s)
            for dimension, (_, level) in found.items()
        ]
    )


def use_of(
    limit: RateLimit, units: int | None = None, level: Level | None = None, *, fits: bool | None = None
) -> RateUse:
    """The limit as a call met it, or as it stands where no call did."""
    return RateUse(
        name=limit.name,
        rule_key=limit.rule_key,
        scope=limit.scope.value,
        source_id=limit.rule_id,
        mode=limit.mode,
        per_minute=limit.per_minute,
        shared=limit.shared,
        requested=units,
        used=level.used if level is not None else None,
        fits=fits,
    )


def _unasked(limits: Limits, demands: Iterable[Demand]) -> Iterable[RateUse]:
    for limit, demand in zip(limits, demands, strict=True):
        yield use_of(limit, demand.units, fits=False if demand.units > limit.per_minute else None)
