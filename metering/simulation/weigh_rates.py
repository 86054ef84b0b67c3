"""What rate limits would say to an imagined call, at levels that somebody has read. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from metering.catalog.served import ServedModel
from metering.errors import OverRateCapacity, RateLimited, RateUse
from metering.policy.rate_limit import CallRates, Limits, RateLimit
from metering.rates.port import Level
from metering.rates.refusals import demands_of, over_capacity, too_fast, use_of
from metering.simulation.imagined import ImaginedCall


class WeighedRate(NamedTuple):
    """One limit."""

    limit: RateLimit
    use: RateUse
    error: RateLimited | OverRateCapacity | None
    """None: it has enough, or it is not known what it has."""


def rates_of(rates: CallRates, model: ServedModel, call: ImaginedCall) -> Limits:
    """The buckets of the call; those of addresses are left out, because it comes from none."""
    return rates.for_call(provider=model.provider_name, agent_id=call.agent_id, address=None)


def weigh_rates(limits: Limits, tokens: int, levels: Mapping[str, Level], now: datetime) -> list[WeighedRate]:
    """Each by itself, at its level if that is known."""
    weighed: list[WeighedRate] = []
    for limit, demand in zip(limits, demands_of(limits, tokens), strict=True):
        level = levels.get(limit.key)
        error: RateLimited | OverRateCapacity | None = over_capacity((limit,), (demand,))
        if error is None and level is not None and level.wait_s(demand.units):
            error = too_fast((limit,), (demand,), (level,), now)
        fits = False if error is not None else None if level is None else True
        weighed.append(WeighedRate(limit, use_of(limit, demand.units, level, fits=fits), error))
    return weighed


def deciding(weighed: list[WeighedRate], now: datetime) -> WeighedRate | None:
    """Of those that have too little the one that admission names: what never opens, then what takes longest."""
    short = [rate for rate in weighed if rate.error is not None]
    hopeless = [rate for rate in short if isinstance(rate.error, OverRateCapacity)]
    if hopeless:
        return hopeless[0]
    return max(short, key=lambda rate: getattr(rate.error, "reset_at", None) or now, default=None)
