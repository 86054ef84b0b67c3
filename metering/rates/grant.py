"""What a call drew from its rate limits, until it ends."""

from collections.abc import Iterator
from typing import NamedTuple

from metering.errors import OverRateCapacity, RateBalance, RateLimited, RateUse
from metering.policy.rate_limit import Limits, RateLimit
from metering.rates.port import MOST_USED, Answer, Buckets, Demand, Level
from metering.rates.refusals import tightest, use_of
from metering.types import Dimension


class ShadowRate(NamedTuple):
    """A limit in shadow, and what its bucket said."""

    limit: RateLimit
    demand: Demand
    level: Level | None
    """None where it was not asked, because it could never serve the call."""
    error: RateLimited | OverRateCapacity | None
    """What it would have raised; None: the call drew from it."""


class RateGrant:
    """What a call drew. Undone if the call is not admitted after all, trued up when its tokens are known."""

    __slots__ = ("_answer", "_buckets", "_demands", "_limits", "_open", "_shadows")

    def __init__(
        self,
        buckets: Buckets,
        limits: Limits,
        demands: tuple[Demand, ...],
        answer: Answer | None,
        shadows: tuple[ShadowRate, ...] = (),
    ) -> None:
        self._buckets = buckets
        self._limits = limits
        self._demands = demands
        self._answer = answer
        self._shadows = shadows
        self._open = answer is not None

    @property
    def balances(self) -> tuple[RateBalance, ...]:
        """For the headers: as of the moment at which the call was let in. What is in shadow is not told."""
        return tightest(self._limits, self._answer.levels) if self._answer else ()

    @property
    def would_deny(self) -> Iterator[tuple[RateLimit, RateLimited | OverRateCapacity]]:
        """Of the limits in shadow, those that had too little, with the errors that they would have raised."""
        for shadow in self._shadows:
            if shadow.error is not None:
                yield shadow.limit, shadow.error

    @property
    def uses(self) -> tuple[RateUse, ...]:
        """Every limit that the call met, for explanations."""
        levels = self._answer.levels if self._answer else ()
        drawn = zip(self._limits, self._demands, levels, strict=True)
        return (
            *[use_of(limit, demand.units, level, fits=True) for limit, demand, level in drawn],
            *[
                use_of(shadow.limit, shadow.demand.units, shadow.level, fits=shadow.error is None)
                for shadow in self._shadows
            ],
        )

    def give_back(self) -> None:
        """The call did not happen."""
        self._correct({Dimension.REQUESTS: 0, Dimension.TOKENS: 0})

    def true_up(self, *, tokens: int) -> None:
        """The call used so many tokens: fewer than the estimate are given back, more are taken, however many, up to
        a debt of one bucket.

        What was given back is counted from now; what has refilled since the call began stays refilled, so the bound
        (bucket plus refill) holds over any time from the call's beginning on.
        """
        self._correct({Dimension.TOKENS: tokens})

    def _correct(self, truth: dict[Dimension, int]) -> None:
        if not self._open or self._answer is None:
            return
        self._open = False
        drawn = [*zip(self._limits, self._demands, strict=True)]
        if self._shadows:
            drawn += [(shadow.limit, shadow.demand) for shadow in self._shadows if shadow.error is None]
        corrections = tuple(
            [
                # No bucket takes more than MOST_USED, and Redis's numbers end somewhere.
                Demand(demand.key, min(difference, MOST_USED * demand.per_minute), demand.per_minute)
                for limit, demand in drawn
                if (difference := truth.get(limit.dimension, demand.units) - demand.units)
            ]
        )
        if corrections:
            self._buckets.correct(corrections, shared=self._answer.shared)
