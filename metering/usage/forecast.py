"""Where a budget will stand when its window ends, if use goes on as it has since the window began.

Use so far is carried on by how calls are spread over a week: `used * weight(whole window) / weight(so far)`, where the
weight of a stretch of time is what of a usual week's cost falls into it (`Rhythm`, of the tenant's last two weeks).
With an even rhythm that is the straight line. It says nothing

- while too little of the window has passed to tell (`ENOUGH`),
- of windows that never end, and of calls at once, which only hold.

What is held is not counted: it is not used yet. The console, the API and alerts all ask here.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import accumulate

from metering.usage.status import BudgetStatus

HOUR = timedelta(hours=1)
HOURS = 7 * 24
WEEK = HOURS * HOUR
A_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
ENOUGH = 0.02
"""The part of the window's weight that must be behind."""
EVEN = 0.2
"""So much of a rhythm is the straight line: an hour without calls in two weeks is not one that never has any."""


@dataclass(frozen=True, kw_only=True)
class Rhythm:
    """How use is spread over the hours of a week (UTC, from Monday 0:00); the weights are of any size."""

    weights: tuple[float, ...]

    @classmethod
    def of(cls, amounts: Sequence[float]) -> "Rhythm":
        """Of what was used in each hour of the week. Of nothing: even."""
        whole = sum(amounts)
        if not whole:
            return EVEN_RHYTHM
        return cls(weights=tuple((1 - EVEN) * amount / whole + EVEN / HOURS for amount in amounts))

    def between(self, start: datetime, end: datetime) -> float:
        """The weight of a stretch of time; 0 if it ends before it begins."""
        return max(0.0, self._until(end) - self._until(start))

    def reaches(self, weight: float, *, start: datetime, end: datetime) -> datetime | None:
        """When so much weight has passed since `start`; None: not before `end`."""
        weeks, left = divmod(self._until(start) + weight, self._sums[-1])
        hour = min(bisect_right(self._sums, left), HOURS) - 1
        part = (left - self._sums[hour]) / self.weights[hour]
        moment = A_MONDAY + weeks * WEEK + (hour + part) * HOUR
        return moment if moment <= end else None

    @cached_property
    def _sums(self) -> tuple[float, ...]:
        """The weight from Monday 0:00 to the beginning of each hour, and at last of the whole week."""
        return tuple(accumulate(self.weights, initial=0.0))

    def _until(self, moment: datetime) -> float:
        """The weight from A_MONDAY on, by whole weeks, whole hours and the part of an hour that is left."""
        weeks, in_week = divmod(moment - A_MONDAY, WEEK)
        hour, in_hour = divmod(in_week, HOUR)
        return weeks * self._sums[-1] + self._sums[hour] + self.weights[hour] * (in_hour / HOUR)


EVEN_RHYTHM = Rhythm(weights=(1 / HOURS,) * HOURS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """In the ledger's units."""

    at_reset: int
    """Used by then, if nothing stops it."""
    used_up_at: datetime | None
    """When the limit is reached; None: not in this window."""


def forecast(status: BudgetStatus, *, now: datetime, rhythm: Rhythm = EVEN_RHYTHM) -> Forecast | None:
    """Of one budget. None where nothing can be said yet, or ever."""
    start, end = status.window_start, status.reset_at
    if start is None or end is None:
        return None
    return carried_on(status.used, status.limit.amount, start=start, end=end, now=now, rhythm=rhythm)


def carried_on(
    used: int, limit: int, *, start: datetime, end: datetime, now: datetime, rhythm: Rhythm
) -> Forecast | None:
    """Of any amount in a window. None while too little of the window has passed."""
    behind, whole = rhythm.between(start, now), rhythm.between(start, end)
    if not start < now < end or behind < ENOUGH * whole:
        return None
    at_reset = max(used, round(used * whole / behind))
    if used >= limit:
        return Forecast(at_reset=at_reset, used_up_at=now)
    if at_reset < limit:
        return Forecast(at_reset=at_reset, used_up_at=None)
    to_go = behind * (limit - used) / used
    return Forecast(at_reset=at_reset, used_up_at=rhythm.reaches(to_go, start=now, end=end) or end)
