"""Where a budget will stand when its window ends, if use goes on as it has since the window began.

Use so far is carried on by how calls are spread over a week: `used * weight(whole window) / weight(so far)`, where the
weight of a stretch of time is what of a usual week's cost falls into it (`Rhythm`, of the tenant's last two weeks).
With an even rhythm that is the straight line. It says nothing

- while too little of the window has passed to tell (`ENOUGH`),
- of windows that never end, and of calls at once, which only hold.

What is held is not counted: it is not used yet. The console, the API and alerts all ask here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from metering.usage.status import BudgetStatus

HOUR = timedelta(hours=1)
HOURS = 7 * 24
ENOUGH = 0.02
"""The part of the window's weight that must be behind."""
EVEN = 0.2
"""So much of a rhythm is the straight line: an hour without calls in two weeks is not one that never has any."""


@dataclass(frozen=True, slots=True, kw_only=True)
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
        """The weight of a stretch of time."""
        weight, moment = 0.0, start
        while moment < end:
            until = min(_next_hour(moment), end)
            weight += self.weights[_hour_of_week(moment)] * ((until - moment) / HOUR)
            moment = until
        return weight

    def reaches(self, weight: float, *, start: datetime, end: datetime) -> datetime | None:
        """When so much weight has passed since `start`; None: not before `end`."""
        left, moment = weight, start
        while moment < end:
            until = min(_next_hour(moment), end)
            here = self.weights[_hour_of_week(moment)] * ((until - moment) / HOUR)
            if here >= left:
                return moment + (until - moment) * (left / here)
            left -= here
            moment = until
        return None


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


def _hour_of_week(moment: datetime) -> int:
    utc = moment.astimezone(UTC)
    return utc.weekday() * 24 + utc.hour


def _next_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0) + HOUR
