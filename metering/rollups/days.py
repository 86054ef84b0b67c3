"""Which days of a zone can be a unit."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from metering.rollups.levels import QUARTER
from metering.time_zones import first_instant

DAY = timedelta(days=1)


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """A day's first instant and the next day's; it may last 23 or 25 hours.

    None where a calendar's day is no piece of time: a clock that goes back over midnight shows yesterday once more.
    """
    since = first_instant(datetime.combine(day, time.min), zone)
    until = first_instant(datetime.combine(day + DAY, time.min), zone)
    moment = since
    if since.astimezone(zone).utcoffset() != (until - QUARTER).astimezone(zone).utcoffset():
        while moment < until:
            if moment.astimezone(zone).date() != day:
                return None
            moment += QUARTER
    return since, until
