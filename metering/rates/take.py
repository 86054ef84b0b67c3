"""Draw a call's requests and tokens from every bucket that applies, or say which one has too few."""

import math
from datetime import datetime, timedelta

from metering.errors import LimitUsage, OverRateCapacity, RateLimited
from metering.policy.rate_limit import Limits, RateLimit
from metering.rates.grant import RateGrant, WouldDeny, tightest
from metering.rates.port import Buckets, Demand, Level
from metering.types import Dimension


async def take_rates(
    *, buckets: Buckets, limits: Limits, tokens: int, now: datetime, tried: Limits = ()
) -> RateGrant:
    """One request and its estimated tokens, drawn from every bucket, and from each that is tried if it has enough.

    Raises OverRateCapacity where no amount of waiting would help, and RateLimited; then nothing is drawn.
    """
    if not limits and not tried:
        return RateGrant(buckets, (), (), None)
    demands = _demands(limits, tokens)
    for limit, demand in zip(limits, demands, strict=True):
        if demand.units > limit.per_minute:
            raise _over_capacity(limit, demand)
    if tried:
        return await _take_and_try(buckets, limits, demands, tried, tokens, now)
    answer = await buckets.take(demands)
    if not answer.granted:
        raise _denial(limits, demands, answer.levels, now)
    return RateGrant(buckets, limits, demands, answer)


async def _take_and_try(
    buckets: Buckets, limits: Limits, demands: tuple[Demand, ...], tried: Limits, tokens: int, now: datetime
) -> RateGrant:
    asked: list[tuple[RateLimit, Demand]] = []
    would_deny: list[WouldDeny] = []
    for limit, demand in zip(tried, _demands(tried, tokens), strict=True):
        if demand.units > limit.per_minute:
            would_deny.append(WouldDeny(limit, _over_capacity(limit, demand)))
        else:
            asked.append((limit, demand))
    if not demands and not asked:
        return RateGrant(buckets, (), (), None, tuple(would_deny))
    answer = await buckets.take(demands, tuple([demand for _, demand in asked]))
    if not answer.granted:
        raise _denial(limits, demands, answer.levels, now)
    for (limit, demand), trial in zip(asked, answer.trials, strict=True):
        if trial.granted:
            limits, demands = (*limits, limit), (*demands, demand)
        else:
            would_deny.append(WouldDeny(limit, _denial((limit,), (demand,), (trial.level,), now)))
    return RateGrant(buckets, limits, demands, answer, tuple(would_deny))


def _demands(limits: Limits, tokens: int) -> tuple[Demand, ...]:
    units = {Dimension.REQUESTS: 1, Dimension.TOKENS: tokens}
    return tuple([Demand(limit.key, units[limit.dimension], limit.per_minute) for limit in limits])


def _over_capacity(limit: RateLimit, demand: Demand) -> OverRateCapacity:
    return OverRateCapacity(
        f"This call needs {demand.units:,} {limit.dimension} at once, more than {limit.name} "
        f"allows in a whole minute: {limit.per_minute:,}. Waiting does not help.",
        limit=limit.name,
        source_id=limit.rule_id,
    )


def _denial(
    limits: Limits, demands: tuple[Demand, ...], levels: tuple[Level, ...], now: datetime
) -> RateLimited:
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
    )
