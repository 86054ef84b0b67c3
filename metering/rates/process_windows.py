"""What any minute may see, in this process's memory: the way in which vendors count.

A bucket that refills lets through as much as it holds and, within the same minute, as much as refills: twice the limit.
A window counts what was taken in the last minute instead. It keeps one sum for each two seconds, and drops one when its
last moment is a minute ago, so that no 60 seconds ever see more than the limit, and 62 seconds may see all of it.
`buckets.lua` is the same arithmetic.
"""

from collections.abc import Sequence

from metering.rates.port import Draw, Drawn

SLOT = 2_000_000
"""Microseconds that are counted together."""
SLOTS = 31
"""How many are counted: those that a minute touches."""
SECOND = 1_000_000
Slots = list[tuple[int, int]]
"""When, in slots since the clock's beginning, and how many units; the oldest first."""


class ProcessWindows:
    """All windows of one process. Bounded: the one that was used least recently makes room."""

    def __init__(self, *, max_windows: int) -> None:
        self._max_windows = max_windows
        self._taken: dict[str, Slots] = {}

    def take(self, draws: Sequence[Draw], now: int) -> Drawn:
        """Take all or nothing. `now` is in microseconds."""
        windows = [self._counted(draw.key, now) for draw in draws]
        waits_s = [_wait_s(taken, draw, now) for taken, draw in zip(windows, draws, strict=True)]
        granted = not any(waits_s)
        if granted:
            for taken, draw in zip(windows, draws, strict=True):
                self._keep(draw.key, _with(taken, draw.units, now))
        return Drawn(granted, (), shared=False, waits_s=tuple(waits_s))

    def correct(self, draws: Sequence[Draw], now: int) -> None:
        """Take more, or give back: of what was taken first, so that what is left is counted for longer, not for less
        time.
        """
        for draw in draws:
            taken = self._counted(draw.key, now)
            self._keep(
                draw.key, _with(taken, draw.units, now) if draw.units > 0 else _less(taken, -draw.units)
            )

    def _counted(self, key: str, now: int) -> Slots:
        """What counts now. After a clock was set back, what was taken later than now counts as taken now."""
        slot = now // SLOT
        return [(min(at, slot), units) for at, units in self._taken.get(key, ()) if slot - at < SLOTS]

    def _keep(self, key: str, taken: Slots) -> None:
        self._taken.pop(key, None)
        if len(self._taken) >= self._max_windows:
            del self._taken[next(iter(self._taken))]
        if taken:
            self._taken[key] = taken


def _wait_s(taken: Slots, draw: Draw, now: int) -> float:
    """Seconds until there is room, if nobody else takes any; 0: there is."""
    used = sum(units for _, units in taken)
    if used + draw.units <= draw.per_minute:
        return 0.0
    for at, units in taken:
        used -= units
        if used + draw.units <= draw.per_minute:
            return ((at + SLOTS) * SLOT - now) / SECOND
    return SLOTS * SLOT / SECOND


def _with(taken: Slots, units: int, now: int) -> Slots:
    slot = now // SLOT
    if units and taken and taken[-1][0] == slot:
        return [*taken[:-1], (slot, taken[-1][1] + units)]
    return [*taken, (slot, units)] if units else taken


def _less(taken: Slots, units: int) -> Slots:
    left: Slots = []
    for at, there in taken:
        gone = min(there, units)
        units -= gone
        if there > gone:
            left.append((at, there - gone))
    return left
