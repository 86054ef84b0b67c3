"""Draw a call's requests and tokens from every bucket that applies, or say which one has too few."""

from datetime import datetime

from metering.policy.rate_limit import Limits
from metering.rates.grant import RateGrant, ShadowRate
from metering.rates.port import Buckets, Demand
from metering.rates.refusals import demands_of, over_capacity, too_fast


async def take_rates(
    *, buckets: Buckets, limits: Limits, tokens: int, now: datetime, shadow_limits: Limits = ()
) -> RateGrant:
    """One request and its estimated tokens, drawn from every bucket, and from each in shadow if it has enough.

    Raises OverRateCapacity where no amount of waiting would help, and RateLimited; then nothing is drawn.
    """
    if not limits and not shadow_limits:
        return RateGrant(buckets, (), (), None)
    demands = demands_of(limits, tokens)
    hopeless = over_capacity(limits, demands)
    if hopeless is not None:
        raise hopeless
    if shadow_limits:
        return await _take_with_shadow(
            buckets, limits, demands, shadow_limits, demands_of(shadow_limits, tokens), now
        )
    answer = await buckets.take(demands)
    if not answer.granted:
        raise too_fast(limits, demands, answer.levels, now)
    return RateGrant(buckets, limits, demands, answer)


async def _take_with_shadow(
    buckets: Buckets,
    limits: Limits,
    demands: tuple[Demand, ...],
    shadow_limits: Limits,
    shadow_demands: tuple[Demand, ...],
    now: datetime,
) -> RateGrant:
    shadows = [
        ShadowRate(limit, demand, None, over_capacity((limit,), (demand,)))
        for limit, demand in zip(shadow_limits, shadow_demands, strict=True)
    ]
    asked = [place for place, shadow in enumerate(shadows) if shadow.error is None]
    if not demands and not asked:
        return RateGrant(buckets, (), (), None, tuple(shadows))
    answer = await buckets.take(demands, tuple([shadows[place].demand for place in asked]))
    if not answer.granted:
        raise too_fast(limits, demands, answer.levels, now)
    for place, (granted, level) in zip(asked, answer.shadows, strict=True):
        limit, demand = shadows[place].limit, shadows[place].demand
        error = None if granted else too_fast((limit,), (demand,), (level,), now)
        shadows[place] = ShadowRate(limit, demand, level, error)
    return RateGrant(buckets, limits, demands, answer, tuple(shadows))
