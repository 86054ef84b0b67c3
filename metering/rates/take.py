"""Draw a call's requests and tokens from every bucket that applies, or say which one has too few."""

import math
from datetime import datetime, timedelta

from metering.errors import LimitUsage, OverRateCapacity, RateBalance, RateLimited
from metering.policy.rate_limit import Limits
from metering.rates.port import Answer, Buckets, Demand, Level
from metering.types import Dimension


class RateGrant:
    """What a call drew. Undone if the call is not admitted after all, trued up when its tokens are known."""

    __slots__ = ("_answer", "_buckets", "_demands", "_limits", "_open", "tried")

    def __init__(
        self, buckets: Buckets, limits: Limits, demands: tuple[Demand, ...], answer: Answer | None
    ) -> None:
        self._buckets = buckets
        self._limits = limits
        self._demands = demands
        self._answer = answer
        self._open = answer is not None
        self.tried: RateGrant | None = None
        """What the call drew from buckets of limits that are only observed: ends with this one."""

    @property
    def balances(self) -> tuple[RateBalance, ...]:
        """For the headers: as of the moment at which the call was let in."""
        return _tightest(self._limits, self._answer.levels) if self._answer else ()

    def give_back(self) -> None:
        """The call did not happen."""
        self._correct({Dimension.REQUESTS: 0, Dimension.TOKENS: 0})

    def true_up(self, *, tokens: int) -> None:
        """The call used so many tokens: fewer than the estimate are given back, more are taken.

        What was given back is counted from now; what has refilled since the call began stays refilled, so the bound
        (bucket plus refill) holds over any time from the call's beginning on.
        """
        self._correct({Dimension.TOKENS: tokens})

    def _correct(self, truth: dict[Dimension, int]) -> None:
        if self.tried is not None:
            self.tried._correct(truth)
        if not self._open or self._answer is None:
            return
        self._open = False
        corrections = tuple(
            [
                Demand(demand.key, difference, demand.per_minute)
                for limit, demand in zip(self._limits, self._demands, strict=True)
                if (difference := truth.get(limit.dimension, demand.units) - demand.units)
            ]
        )
        if corrections:
            self._buckets.correct(corrections, shared=self._answer.shared)


async def take_rates(*, buckets: Buckets, limits: Limits, tokens: int, now: datetime) -> RateGrant:
    """One request and its estimated tokens, drawn from every bucket.

    Raises OverRateCapacity where no amount of waiting would help, and RateLimited; then nothing is drawn.
    """
    if not limits:
        return RateGrant(buckets, (), (), None)
    units = {Dimension.REQUESTS: 1, Dimension.TOKENS: tokens}
    demands = tuple([Demand(limit.key, units[limit.dimension], limit.per_minute) for limit in limits])
    for limit, demand in zip(limits, demands, strict=True):
        if demand.units > limit.per_minute:
            raise OverRateCapacity(
                f"This call needs {demand.units:,} {limit.dimension} at once, more than {limit.name} "
                f"allows in a whole minute: {limit.per_minute:,}. Waiting does not help."
            )
    answer = await buckets.take(demands)
    if not answer.granted:
        raise _denial(limits, demands, answer, now)
    return RateGrant(buckets, limits, demands, answer)


def _denial(limits: Limits, demands: tuple[Demand, ...], answer: Answer, now: datetime) -> RateLimited:
    """The error for the bucket that takes longest to have room: the caller has to wait for that one anyway."""
    waits = [level.wait_s(demand.units) for level, demand in zip(answer.levels, demands, strict=True)]
    place = max(range(len(waits)), key=waits.__getitem__)
    limit, demand, level, wait_s = limits[place], demands[place], answer.levels[place], waits[place]
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
        balances=_tightest(limits, answer.levels),
    )


def _tightest(limits: Limits, levels: tuple[Level, ...]) -> tuple[RateBalance, ...]:
    tightest: dict[Dimension, tuple[float, Level]] = {}
    for limit, level in zip(limits, levels, strict=True):
        left = level.per_minute - level.used
        known = tightest.get(limit.dimension)
        if known is None or left < known[0]:
            tightest[limit.dimension] = left, level
    return tuple(
        [
            RateBalance(dimension.value, level.per_minute, level.remaining, level.full_in_s)
            for dimension, (_, level) in tightest.items()
        ]
    )
