"""Into which pieces of time a chart divides a range: hours, or days, weeks and months of a calendar in a zone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from metering.time_zones import first_instant

MAX_BUCKETS = 400
MAX_HOURS = 8 * 24
DAY = timedelta(days=1)
QUARTER = timedelta(minutes=15)


class Bucket(StrEnum):
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    @property
    def longest_days(self) -> int:
        """How many days a chart of such pieces shows at most."""
        return MAX_HOURS // 24 if self is Bucket.HOUR else MAX_BUCKETS


def usual_bucket(days: int) -> Bucket:
    """Return the length of a piece of a chart that shows so many days well."""
    if days <= 1:
        return Bucket.HOUR
    return Bucket.DAY if days <= 92 else Bucket.WEEK


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Whole days of a calendar, the first and the last included."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def count(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def since(self) -> datetime:
        return first_instant(datetime.combine(self.first, datetime.min.time()), self.zone)

    @property
    def until(self) -> datetime:
        return first_instant(datetime.combine(self.last + DAY, datetime.min.time()), self.zone)

    def before(self) -> "Days":
        """As many days, just before these."""
        return Days(first=self.first - timedelta(days=self.count), last=self.first - DAY, zone=self.zone)


def bucket_of(day: date, bucket: Bucket, *, week_start: int = 0) -> date:
    """The first day of the week or month that a day is in, or the day. Weeks start on 0, Monday, to 6, Sunday."""
    if bucket is Bucket.WEEK:
        return day - timedelta(days=(day.weekday() - week_start) % 7)
    return day.replace(day=1) if bucket is Bucket.MONTH else day


def buckets_of(days: Days, bucket: Bucket) -> Iterator[date | datetime]:
    """Every piece of these days in order: hours as moments (UTC), others as their first day."""
    if bucket is Bucket.HOUR:
        yield from _hours(days)
        return
    seen: date | None = None
    for offset in range(days.count):
        found = bucket_of(days.first + timedelta(days=offset), bucket)
        if found != seen:
            yield found
            seen = found


def _hours(days: Days) -> Iterator[datetime]:
    """As a clock of the zone shows them: a shift by half an hour cuts one short."""
    moment, last = days.since, None
    while moment < days.until:
        local = moment.astimezone(days.zone)
        begins = moment - timedelta(
            minutes=local.minute, seconds=local.second, microseconds=local.microsecond
        )
        if begins != last:
            yield begins
            last = begins
        moment += QUARTER


def now_in(zone: ZoneInfo, now: datetime) -> date:
    """The day that it is."""
    return now.astimezone(UTC).astimezone(zone).date()
