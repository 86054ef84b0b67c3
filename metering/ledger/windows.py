"""Where a moment's window starts and ends, in the calendar of a time zone.

Windows are computed on local wall clocks and kept in UTC: a day at a change of daylight saving
time has 23 or 25 hours. Hours are counted in local wall hours of fixed length, so they always last 3,600 s.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from metering.types import Window

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""The start of windows that never end: `total`, and concurrency's `none`."""


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def window_bounds(
    window: Window, moment: datetime, *, timezone: str = "UTC", week_start: int = 0
) -> tuple[datetime, datetime | None]:
    """Start and end (exclusive, None: never) in UTC of the window that contains `moment`.

    `week_start` is 0 for Monday to 6 for Sunday. Raises ZoneInfoNotFoundError for an unknown zone.
    """
    if window in (Window.TOTAL, Window.NONE):
        return EPOCH, None
    zone = _zone(timezone)
    local = moment.astimezone(zone)
    if window == Window.HOUR:
        past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        start = moment.astimezone(UTC) - past
        return start, start + timedelta(hours=1)
    day = local.replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    if window == Window.DAY:
        first, last = day, day + timedelta(days=1)
    elif window == Window.WEEK:
        first = day - timedelta(days=(day.weekday() - week_start) % 7)
        last = first + timedelta(days=7)
    else:
        first = day.replace(day=1)
        last = (first + timedelta(days=32)).replace(day=1)
    return _first_instant(first, zone), _first_instant(last, zone)


def _first_instant(local_midnight: datetime, zone: ZoneInfo) -> datetime:
    """The first instant whose local date is that day, also where midnight is skipped or comes twice."""
    before = local_midnight.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if before.astimezone(zone).replace(tzinfo=None) == local_midnight:
        return before
    # Midnight does not exist: the clock jumps over it. With fold=1 the offset after the jump
    # applies, which lands before the jump by its length; the jump itself is the day's first instant.
    low = local_midnight.replace(tzinfo=zone, fold=1).astimezone(UTC)
    high = before
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).replace(tzinfo=None) < local_midnight:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)
