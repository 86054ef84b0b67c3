"""What a call drew from its rate limits, until it ends."""

from typing import NamedTuple

from metering.errors import OverRateCapacity, RateBalance, RateLimited
from metering.policy.rate_limit import Limits, RateLimit
from metering.rates.port import Answer, Buckets, Demand, Level
from metering.types import Dimension


class WouldDeny(NamedTuple):
    """A limit that is only tried, and the error that it would have raised."""

    limit: RateLimit
    error: RateLimited | OverRateCapacity


class RateGrant:
    """What a call drew. Undone if the call is not admitted after all, trued up when its tokens are known."""

    __slots__ = ("_answer", "_buckets", "_demands", "_limits", "_open", "would_deny")

    def __init__(
        self,
        buckets: Buckets,
        limits: Limits,
        demands: tuple[Demand, ...],
        answer: Answer | None,
        would_deny: tuple[WouldDeny, ...] = (),
    ) -> None:
        """`limits` and `demands`: what was drawn, first what the answer's levels are about, then what was tried."""
        self._buckets = buckets
        self._limits = limits
        self._demands = demands
        self._answer = answer
        self._open = answer is not None
        self.would_deny = would_deny
        """Of the limits that are only tried, those that had too little."""

    @property
    def balances(self) -> tuple[RateBalance, ...]:
        """For the headers: as of the moment at which the call was let in. What is only tried is not told."""
        return tightest(self._limits, self._answer.levels) if self._answer else ()

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


def tightest(limits: Limits, levels: tuple[Level, ...]) -> tuple[RateBalance, ...]:
    tightest: dict[Dimension, tuple[float, Level]] = {}
    for limit, level in zip(limits, levels, strict=False):
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
