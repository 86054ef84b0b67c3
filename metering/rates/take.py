"""Draw a call's requests and tokens from every bucket that applies, or say which one has too few."""

from datetime import datetime

from metering.policy.rate_limit import Limits
from metering.rates.grant import RateGrant, Tried
from metering.rates.port import Buckets, Demand
from metering.rates.refusals import demands_of, over_capacity, too_fast


async def take_rates(
    *, buckets: Buckets, limits: Limits, tokens: int, now: datetime, tried: Limits = ()
) -> RateGrant:
    """One request and its estimated tokens, drawn from every bucket, and from each that is tried if it has enough.

    Raises OverRateCapacity where no amount of waiting would help, and RateLimited; then nothing is drawn.
    """
    if not limits and not tried:
        return RateGrant(buckets, (), (), None)
    demands = demands_of(limits, tokens)
    hopeless = over_capacity(limits, demands)
    if hopeless is not None:
        raise hopeless
    if tried:
        return await _take_and_try(buckets, limits, demands, tried, demands_of(tried, tokens), now)
    answer = await buckets.take(demands)
    if not answer.granted:
        raise too_fast(limits, demands, answer.levels, now)
    return RateGrant(buckets, limits, demands, answer)


async def _take_and_try(
    buckets: Buckets,
    limits: Limits,
    demands: tuple[Demand, ...],
    tried: Limits,
    trial_demands: tuple[Demand, ...],
    now: datetime,
) -> RateGrant:
    trials = [
        Tried(limit, demand, None, over_capacity((limit,), (demand,)))
        for limit, demand in zip(tried, trial_demands, strict=True)
    ]
    asked = [place for place, trial in enumerate(trials) if trial.error is None]
    if not demands and not asked:
        return RateGrant(buckets, (), (), None, tuple(trials))
    answer = await buckets.take(demands, tuple([trials[place].demand for place in asked]))
    if not answer.granted:
        raise too_fast(limits, demands, answer.levels, now)
    for place, (granted, level) in zip(asked, answer.trials, strict=True):
        limit, demand = trials[place].limit, trials[place].demand
        error = None if granted else too_fast((limit,), (demand,), (level,), now)
        trials[place] = Tried(limit, demand, level, error)
    return RateGrant(buckets, limits, demands, answer, tuple(trials))
