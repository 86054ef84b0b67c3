"""Says when a rule counts: days and hours on a wall clock, validity, and use of a budget. Pure.

All parts of a condition must hold. Hours are those that a clock in the zone shows, whatever daylight saving time
does: an hour that is skipped does not occur, one that is repeated counts twice. Hours that end before
they begin run across midnight and belong to the day on which they begin. Ends are exclusive.

Everything changes on whole minutes, so that what holds at a moment holds for the rest of its minute.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from metering.types import Dimension, Scope, Window

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY = frozenset(range(7))
MINUTES_OF_DAY = 24 * 60


class Hours(NamedTuple):
    """Minutes since midnight; `end` before `begin` means on the next day."""

    begin: int
    end: int

    def contain(self, weekday: int, minute: int, days: frozenset[int]) -> bool:
        """Whether a moment lies in the hours that begin on one of `days`."""
        if self.begin < self.end:
            return weekday in days and self.begin <= minute < self.end
        return (weekday in days and minute >= self.begin) or ((weekday - 1) % 7 in days and minute < self.end)


class BudgetUse(NamedTuple):
    """A share of a budget from which on a rule counts. What is charged and what is held count, as in admission.

    Without a scope it is about every budget of the dimension and window, of which the fullest decides.
    """

    dimension: Dimension
    window: Window
    from_percent: int
    scope: Scope | None = None

    @property
    def budget(self) -> str:
        """The budget's name in messages: `cost/month` or `tenant cost/month`."""
        return (
            f"{self.scope} {self.dimension}/{self.window}"
            if self.scope
            else f"{self.dimension}/{self.window}"
        )

    def reached_by(self, taken: int, limit: int) -> bool:
        """Whether `taken` of a budget of `limit` reaches the share. Both are in the ledger's units."""
        return taken * 100 >= limit * self.from_percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """The moments at which a rule counts. Equal conditions are evaluated once."""

    timezone: str
    """The IANA zone of days, hours and dates."""
    days: frozenset[int] = EVERY_DAY
    """0 is Monday."""
    hours: tuple[Hours, ...] = ()
    """The moment has to lie in one of them; none means the whole day."""
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    use: BudgetUse | None = None

    def holds_at(self, now: datetime) -> bool:
        """Whether the condition's calendar holds at `now`. Its use of a budget is not asked here."""
        if self.valid_from is not None and now < self.valid_from:
            return False
        if self.valid_until is not None and now >= self.valid_until:
            return False
        if self.days == EVERY_DAY and not self.hours:
            return True
        local = now.astimezone(ZoneInfo(self.timezone))
        if not self.hours:
            return local.weekday() in self.days
        minute = local.hour * 60 + local.minute
        return any(hours.contain(local.weekday(), minute, self.days) for hours in self.hours)

    def __str__(self) -> str:
        parts = [" ".join(DAYS[day] for day in sorted(self.days))] if self.days != EVERY_DAY else []
        parts += [f"{_clock(hours.begin)}-{_clock(hours.end)}" for hours in self.hours]
        if parts:
            parts.append(self.timezone)
        if self.valid_from is not None:
            parts.append(f"from {self.valid_from.isoformat(timespec='minutes')}")
        if self.valid_until is not None:
            parts.append(f"until {self.valid_until.isoformat(timespec='minutes')}")
        if self.use is not None:
            parts.append(f"from {self.use.from_percent} % of {self.use.budget} on")
        return ", ".join(parts) or "always"


def minute_of(now: datetime) -> int:
    """Return a number that is the same for all moments of one minute. UTC offsets are whole minutes today."""
    return int(now.timestamp()) // 60


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
