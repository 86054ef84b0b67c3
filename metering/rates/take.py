"""Draw a call's requests and tokens from every bucket that applies, or return which ones have too little."""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from metering.errors import RateBalance, RateUse
from metering.policy.values import Limits, RateLimit
from metering.rates.port import MOST_USED, Buckets, Draw, Drawn, Level, ShadowDrawn
from metering.types import Dimension


class TooFew(NamedTuple):
    """Limits of which at least one has too little for a call, so that nothing was drawn."""

    limits: Limits
    draws: tuple[Draw, ...]
    levels: tuple[Level, ...] | None
    """Along the limits; None where no bucket was asked, because one could not serve the call even when full."""

    @property
    def waits_s(self) -> list[float]:
        """Seconds until each bucket has enough; for ever where none was asked."""
        if self.levels is None:
            return [math.inf if draw.units > draw.per_minute else 0.0 for draw in self.draws]
        return [level.wait_s(draw.units) for level, draw in zip(self.levels, self.draws, strict=True)]


class ShadowRate(NamedTuple):
    """A limit in shadow, and what its bucket said."""

    limit: RateLimit
    draw: Draw
    drawn: ShadowDrawn | None = None
    """None where it was not asked, because it could never serve the call."""

    @property
    def granted(self) -> bool:
        """Whether the call drew from it."""
        return self.drawn is not None and self.drawn.granted


class RateGrant:
    """What a call drew. Undone if the call is not admitted after all, trued up when its tokens are known."""

    __slots__ = ("_buckets", "_drawn", "_draws", "_limits", "_open", "_shadows")

    def __init__(
        self,
        buckets: Buckets,
        limits: Limits,
        draws: tuple[Draw, ...],
        drawn: Drawn | None,
        shadows: tuple[ShadowRate, ...] = (),
    ) -> None:
        self._buckets = buckets
        self._limits = limits
        self._draws = draws
        self._drawn = drawn
        self._shadows = shadows
        self._open = drawn is not None

    @property
    def balances(self) -> tuple[RateBalance, ...]:
        """For the headers: as of the moment at which the call was let in. What is in shadow is not told."""
        return tightest(self._limits, self._drawn.levels) if self._drawn else ()

    @property
    def too_few_in_shadow(self) -> Iterator[TooFew]:
        """The limits in shadow that had too little, each by itself."""
        for shadow in self._shadows:
            if not shadow.granted:
                levels = (shadow.drawn.level,) if shadow.drawn is not None else None
                yield TooFew((shadow.limit,), (shadow.draw,), levels)

    @property
    def uses(self) -> tuple[RateUse, ...]:
        """Every limit that the call met, for explanations."""
        levels = self._drawn.levels if self._drawn else ()
        met = zip(self._limits, self._draws, levels, strict=True)
        return (
            *[use_of(limit, draw.units, level, fits=True) for limit, draw, level in met],
            *[
                use_of(
                    shadow.limit,
                    shadow.draw.units,
                    shadow.drawn.level if shadow.drawn is not None else None,
                    fits=shadow.granted,
                )
                for shadow in self._shadows
            ],
        )

    def give_back(self) -> None:
        """Give back what was drawn: the call did not happen."""
        self._correct({Dimension.REQUESTS: 0, Dimension.TOKENS: 0})

    def true_up(self, *, tokens: int) -> None:
        """The call used so many tokens: fewer than the estimate are given back, more are taken, however many, up to
        a debt of one bucket.

        What was given back is counted from now; what has refilled since the call began stays refilled, so the bound
        (bucket plus refill) holds over any time from the call's beginning on.
        """
        self._correct({Dimension.TOKENS: tokens})

    def _correct(self, truth: dict[Dimension, int]) -> None:
        if not self._open or self._drawn is None:
            return
        self._open = False
        met = [*zip(self._limits, self._draws, strict=True)]
        if self._shadows:
            met += [(shadow.limit, shadow.draw) for shadow in self._shadows if shadow.granted]
        corrections = tuple(
            [
                # No bucket takes more than MOST_USED, and Redis's numbers end somewhere.
                Draw(draw.key, min(difference, MOST_USED * draw.per_minute), draw.per_minute)
                for limit, draw in met
                if (difference := truth.get(limit.dimension, draw.units) - draw.units)
            ]
        )
        if corrections:
            self._buckets.correct(corrections, shared=self._drawn.shared)


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
    """Return the draws of a call: one request, or its tokens, from every bucket."""
    units = {Dimension.REQUESTS: 1, Dimension.TOKENS: tokens}
    return tuple([Draw(limit.key, units[limit.dimension], limit.per_minute) for limit in limits])


def _could_fit(limit: RateLimit, draw: Draw) -> bool:
    """Whether the bucket could serve the call if it were full."""
    return draw.units <= limit.per_minute


def tightest(limits: Limits, levels: tuple[Level, ...]) -> tuple[RateBalance, ...]:
    """Of each dimension, the bucket with least left; `limits` may go on beyond `levels`.

    Of the tenant's own buckets: what is left of a shared one would tell how much the other tenants use.
    """
    found: dict[Dimension, tuple[float, Level]] = {}
    for limit, level in zip(limits, levels, strict=False):
        if limit.shared:
            continue
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
