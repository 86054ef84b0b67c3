"""Token buckets in this process's memory: exact for one process, blind to the others.

The leaky form of the token bucket (Turner 1986; the meter of ITU-T I.371, which GCRA is another way to write):
instead of the units that are left, a bucket keeps those that were used, which drain at the rate of the refill.
Amounts are integers of 1/60,000,000 unit, so that a microsecond of a limit per minute is a whole number and
nothing is lost to rounding. `buckets.lua` is the same arithmetic.
"""

import time
from collections.abc import Callable

from metering.rates.port import MOST_USED, Answer, Demand, Level, ShadowAnswer

MINUTE = 60_000_000
"""Microseconds; and parts of a unit."""
MAX_BUCKETS = 10_000


def drained(used: int, passed_us: int, per_minute: int) -> int:
    """What is left of a bucket's used parts; a clock that was set back drains nothing.

    More than MOST_USED counts as MOST_USED: a limit that was lowered since leaves no longer debt either.
    """
    return max(0, bounded(used, per_minute) - max(0, passed_us) * per_minute)


def bounded(used: int, per_minute: int) -> int:
    """Used parts, at most as many as leave the bucket one bucket below empty."""
    return min(used, MOST_USED * per_minute * MINUTE)


class ProcessBuckets:
    """Implements Buckets. Bounded: the bucket that was used least recently makes room, as if it were full."""

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, max_buckets: int = MAX_BUCKETS
    ) -> None:
        self._clock = clock
        self._max_buckets = max_buckets
        self._used: dict[str, tuple[int, int]] = {}

    async def take(self, demands: tuple[Demand, ...], shadow_demands: tuple[Demand, ...] = ()) -> Answer:
        """Take all or nothing (see Buckets)."""
        return self.take_now(demands, shadow_demands)

    def take_now(self, demands: tuple[Demand, ...], shadow_demands: tuple[Demand, ...] = ()) -> Answer:
        """The same without waiting."""
        now = self._now()
        granted, levels = self._take(demands, now)
        shadows: list[ShadowAnswer] = []
        if granted:
            for demand in shadow_demands:
                fits, [level] = self._take((demand,), now)
                shadows.append(ShadowAnswer(fits, level))
        return Answer(granted, levels, shared=False, shadows=tuple(shadows))

    def _take(self, demands: tuple[Demand, ...], now: int) -> tuple[bool, tuple[Level, ...]]:
        used = [self._drained(demand, now) for demand in demands]
        granted = all(
            level + demand.units * MINUTE <= demand.per_minute * MINUTE
            for level, demand in zip(used, demands, strict=True)
        )
        if granted:
            used = [level + demand.units * MINUTE for level, demand in zip(used, demands, strict=True)]
            for level, demand in zip(used, demands, strict=True):
                self._keep(demand.key, level, now)
        levels = [
            Level(level / MINUTE, demand.per_minute) for level, demand in zip(used, demands, strict=True)
        ]
        return granted, tuple(levels)

    def correct(self, demands: tuple[Demand, ...], *, shared: bool = False) -> None:
        """Take more or give back (see Buckets)."""
        now = self._now()
        for demand in demands:
            used = bounded(self._drained(demand, now) + demand.units * MINUTE, demand.per_minute)
            self._keep(demand.key, max(0, used), now)

    def _drained(self, demand: Demand, now: int) -> int:
        used, at = self._used.get(demand.key, (0, now))
        return drained(used, now - at, demand.per_minute)

    def _keep(self, key: str, used: int, now: int) -> None:
        self._used.pop(key, None)
        if len(self._used) >= self._max_buckets:
            del self._used[next(iter(self._used))]
        if used:
            self._used[key] = (used, now)

    def _now(self) -> int:
        return int(self._clock() * 1_000_000)
