"""Draw a call's requests and tokens from every bucket that applies, or return which ones have too little."""

from collections.abc import Sequence

from metering.policy.rate_limit import Limits, RateLimit
from metering.rates.grant import RateGrant, ShadowRate, TooFew
from metering.rates.port import Buckets, Draw
from metering.types import Dimension


async def take_rates(
    *, buckets: Buckets, limits: Limits, tokens: int, shadow_limits: Limits = ()
) -> RateGrant | TooFew:
    """One request and its estimated tokens, drawn from every bucket, and from each in shadow if it has enough.

    Where a bucket that is enforced has too little, nothing is drawn from any.
    """
    if not limits and not shadow_limits:
        return RateGrant(buckets, (), (), None)
    draws = _draws_of(limits, tokens)
    if not all(map(_could_fit, limits, draws)):
        return TooFew(limits, draws, None)
    if not shadow_limits:
        drawn = await buckets.take(draws)
        return (
            RateGrant(buckets, limits, draws, drawn) if drawn.granted else TooFew(limits, draws, drawn.levels)
        )
    shadow_draws = _draws_of(shadow_limits, tokens)
    asked = [_could_fit(limit, draw) for limit, draw in zip(shadow_limits, shadow_draws, strict=True)]
    if not draws and not any(asked):
        shadows = [
            ShadowRate(limit, draw, None) for limit, draw in zip(shadow_limits, shadow_draws, strict=True)
        ]
        return RateGrant(buckets, (), (), None, tuple(shadows))
    drawn = await buckets.take(
        draws, tuple([draw for draw, is_asked in zip(shadow_draws, asked, strict=True) if is_asked])
    )
    if not drawn.granted:
        return TooFew(limits, draws, drawn.levels)
    answers = iter(drawn.shadows)
    shadows = [
        ShadowRate(limit, draw, next(answers) if is_asked else None)
        for limit, draw, is_asked in zip(shadow_limits, shadow_draws, asked, strict=True)
    ]
    return RateGrant(buckets, limits, draws, drawn, tuple(shadows))


def _draws_of(limits: Sequence[RateLimit], tokens: int) -> tuple[Draw, ...]:
    """One request or the tokens, of every bucket."""
    units = {Dimension.REQUESTS: 1, Dimension.TOKENS: tokens}
    return tuple([Draw(limit.key, units[limit.dimension], limit.per_minute) for limit in limits])


def _could_fit(limit: RateLimit, draw: Draw) -> bool:
    """Whether the bucket could serve the call if it were full."""
    return draw.units <= limit.per_minute
