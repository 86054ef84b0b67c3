"""Token buckets in this process's memory: exact for one process, blind to the others.

The leaky form of the token bucket (Turner 1986; the meter of ITU-T I.371, which GCRA is another way to write):
instead of the units that are left, a bucket keeps those that were used, which drain at the rate of the refill.
Amounts are integers of 1/60,000,000 unit, so that a microsecond of a limit per minute is a whole number and
nothing is lost to rounding. `buckets.lua` is the same arithmetic.
"""

import time
from collections.abc import Callable

from metering.rates.port import MOST_USED, Draw, Drawn, Level, ShadowDrawn
from metering.rates.process_windows import ProcessWindows

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
        self._windows = ProcessWindows(max_windows=max_buckets)

    async def take(self, draws: tuple[Draw, ...], shadow_draws: tuple[Draw, ...] = ()) -> Drawn:
        """Take all or nothing (see Buckets)."""
        return self.take_now(draws, shadow_draws)

    def take_now(self, draws: tuple[Draw, ...], shadow_draws: tuple[Draw, ...] = ()) -> Drawn:
        """Do what `take` does, without waiting."""
        now = self._now()
        if draws and draws[0].is_rolling:
            return self._windows.take(draws, now)
        granted, levels = self._take(draws, now)
        shadows: list[ShadowDrawn] = []
        if granted:
            for draw in shadow_draws:
                fits, [level] = self._take((draw,), now)
                shadows.append(ShadowDrawn(fits, level))
        return Drawn(granted, levels, shared=False, shadows=tuple(shadows))

    def begin(self, key: str, level: Level) -> None:
        """Let a bucket be as used as this now."""
        self._keep(key, round(level.used * MINUTE), self._now())

    def _take(self, draws: tuple[Draw, ...], now: int) -> tuple[bool, tuple[Level, ...]]:
        used = [self._drained(draw, now) for draw in draws]
        granted = all(
            level + draw.units * MINUTE <= draw.per_minute * MINUTE
            for level, draw in zip(used, draws, strict=True)
        )
        if granted:
            used = [level + draw.units * MINUTE for level, draw in zip(used, draws, strict=True)]
            for level, draw in zip(used, draws, strict=True):
                self._keep(draw.key, level, now)
        levels = [Level(level / MINUTE, draw.per_minute) for level, draw in zip(used, draws, strict=True)]
        return granted, tuple(levels)

    def correct(self, draws: tuple[Draw, ...], *, shared: bool = False) -> None:
        """Take more or give back (see Buckets)."""
        now = self._now()
        if draws and draws[0].is_rolling:
            self._windows.correct(draws, now)
            return
        for draw in draws:
            used = bounded(self._drained(draw, now) + draw.units * MINUTE, draw.per_minute)
            self._keep(draw.key, max(0, used), now)

    def _drained(self, draw: Draw, now: int) -> int:
        used, at = self._used.get(draw.key, (0, now))
        return drained(used, now - at, draw.per_minute)

    def _keep(self, key: str, used: int, now: int) -> None:
        self._used.pop(key, None)
        if len(self._used) >= self._max_buckets:
            del self._used[next(iter(self._used))]
        if used:
            self._used[key] = (used, now)

    def _now(self) -> int:
        return int(self._clock() * 1_000_000)
