"""Where a moment's window starts and ends, in the calendar of a time zone.

Windows are computed on local wall clocks and kept in UTC: a day at a change of daylight saving time has
23 or 25 hours. An hour lasts 3,600 s, or is cut short by a shift of the clock that is no whole hour.
Invariant: every moment lies in exactly one window, and they follow each other without gap or overlap.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from metering.time_zones import SECOND, first_between, first_instant, zone_named
from metering.types import ENDLESS, Window

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""The start of windows that never end: `total`, and concurrency's `none`."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def window_bounds(
    window: Window, moment: datetime, *, timezone: str = "UTC", week_start: int = 0
) -> tuple[datetime, datetime | None]:
    """Return start and end (exclusive, None: never) in UTC of the window that contains `moment`.

    `week_start` is 0 for Monday to 6 for Sunday. Raises ZoneInfoNotFoundError for an unknown zone.
    """
    if window in ENDLESS:
        return EPOCH, None
    zone = zone_named(timezone)
    if window == Window.HOUR:
        return _hour_of(moment.astimezone(UTC), zone)
    day = moment.astimezone(zone).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    # Where the clock goes back over midnight, the old date comes again after the new day has begun.
    while first_instant(day + DAY, zone) <= moment:
        day += DAY
    if window == Window.DAY:
        first, last = day, day + DAY
    elif window == Window.WEEK:
        first = day - timedelta(days=(day.weekday() - week_start) % 7)
        last = first + timedelta(days=7)
    else:
        first = day.replace(day=1)
        last = (first + timedelta(days=32)).replace(day=1)
    return first_instant(first, zone), first_instant(last, zone)


def _hour_of(moment: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    local = moment.astimezone(zone)
    start = moment - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    end = start + HOUR
    # A shift by whole hours leaves the minutes as they are; any other one ends an hour and begins the next.
    offset = _offset(moment, zone)
    if (offset - _offset(start, zone)) % HOUR:
        start = first_between(
            start, moment.replace(microsecond=0), lambda instant: _offset(instant, zone) == offset
        )
    elif (offset - _offset(end - SECOND, zone)) % HOUR:
        end = first_between(start, end - SECOND, lambda instant: _offset(instant, zone) != offset)
    return start, end


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta(0)
