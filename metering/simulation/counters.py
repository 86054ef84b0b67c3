"""Meters, buckets and calls in flight of a replay: the present windows only, so memory does not grow with the log."""

from collections.abc import Iterable
from datetime import datetime
from heapq import heappop, heappush

from metering.ledger.commands import MeterKey
from metering.ledger.windows import window_bounds
from metering.policy.rate_limit import RateLimit
from metering.types import Dimension

MAX_KEPT = 200_000
"""Meters and buckets each; beyond it, those that are over or full again make room, then the oldest."""


class Counters:
    """What the calls so far, in order of time, have used. Amounts in the ledger's units."""

    def __init__(self) -> None:
        self._used: dict[MeterKey, tuple[int, datetime | None]] = {}
        self._flying: dict[MeterKey, list[float]] = {}
        self._buckets: dict[str, tuple[float, float]] = {}

    def used(self, meter: MeterKey, now: datetime) -> int:
        """In the window that contains `now`."""
        known = self._used.get(meter)
        return known[0] if known is not None and (known[1] is None or now < known[1]) else 0

    def charge(self, meter: MeterKey, amount: int, now: datetime) -> None:
        """Count use."""
        known = self._used.get(meter)
        if known is not None and (known[1] is None or now < known[1]):
            self._used[meter] = (known[0] + amount, known[1])
            return
        if known is None and len(self._used) >= MAX_KEPT:
            self._make_room(now)
        _, end = window_bounds(meter.window, now, timezone=meter.timezone, week_start=meter.week_start)
        self._used[meter] = (amount, end)

    def in_flight(self, meter: MeterKey, now_s: float) -> int:
        """Calls that have begun and not ended."""
        ends = self._flying.get(meter)
        while ends and ends[0] <= now_s:
            heappop(ends)
        return len(ends) if ends else 0

    def fly(self, meter: MeterKey, now_s: float, until_s: float) -> None:
        """Count a call as in flight."""
        self.in_flight(meter, now_s)  # those that have ended go
        heappush(self._flying.setdefault(meter, []), until_s)

    def level(self, limit: RateLimit, now_s: float) -> float:
        """Units of the bucket that have not been refilled."""
        level, seen_s = self._buckets.get(limit.key, (0.0, now_s))
        return max(0.0, level - (now_s - seen_s) * limit.per_minute / 60)

    def draw(self, limits: Iterable[RateLimit], tokens: int, now_s: float) -> RateLimit | None:
        """Take a request and its tokens from every bucket, or, if one has too few, none: that one."""
        drawn: list[tuple[str, float]] = []
        for limit in limits:
            level = self.level(limit, now_s) + (1 if limit.dimension is Dimension.REQUESTS else tokens)
            if level > limit.per_minute:
                return limit
            drawn.append((limit.key, level))
        for key, level in drawn:
            if key not in self._buckets and len(self._buckets) >= MAX_KEPT:
                del self._buckets[next(iter(self._buckets))]
            self._buckets[key] = (level, now_s)
        return None

    def _make_room(self, now: datetime) -> None:
        over = [meter for meter, (_, end) in self._used.items() if end is not None and end <= now]
        for meter in over or list(self._used)[: MAX_KEPT // 10]:
            del self._used[meter]
