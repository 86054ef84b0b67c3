"""The period that a report is compared with, in the calendar of its zone."""

from calendar import monthrange
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from metering.reports.buckets import DAY, Bucket, now_in
from metering.time_zones import first_instant, zone_named
from metering.usage.filters import UsageFilter

FEW_DAYS = 8
WEEK = timedelta(days=7)


def period_before(chosen: UsageFilter, *, now: datetime) -> UsageFilter:
    """The same length of time just before. A range that still runs is compared up to the same time of day; one of more
    than FEW_DAYS with whole days, of which one more or less matters little and which are added up already.
    """
    since, until = chosen.both_ends
    zone = zone_named(chosen.zone)
    first, last = since.astimezone(zone), until.astimezone(zone)
    days = (last.date() - first.date()).days
    over = min(until, max(now, since)) if days <= FEW_DAYS else until
    if first.time() != last.time() or days < 1:
        return replace(chosen, since=since - (until - since), until=over - (until - since))
    shift = timedelta(days=days)

    def earlier(moment: datetime) -> datetime:
        return _at_time_of(moment, moment.astimezone(zone).date() - shift, zone)

    return replace(chosen, since=earlier(since), until=earlier(over))


def same_days_before(chosen: UsageFilter, *, first: date, bucket: Bucket, now: datetime) -> UsageFilter:
    """What yesterday, last week or last month had by now: from the day before `first` that begins such a piece of the
    calendar, up to the same time of the same day of the week or month. `first` begins the piece that it is now.
    """
    zone = zone_named(chosen.zone)
    since = datetime.combine(day_before(first, bucket), datetime.min.time())
    same_day = day_before(now_in(zone, now), bucket)
    return replace(chosen, since=first_instant(since, zone), until=_at_time_of(now, same_day, zone))


def day_before(day: date, bucket: Bucket) -> date:
    """The same day of the piece of the calendar before; a month that is too short has its last day instead."""
    match bucket:
        case Bucket.MONTH:
            last = day.replace(day=1) - DAY
            return last.replace(day=min(day.day, monthrange(last.year, last.month)[1]))
        case Bucket.WEEK:
            return day - WEEK
        case _:
            return day - DAY


def _at_time_of(moment: datetime, day: date, zone: ZoneInfo) -> datetime:
    """When a clock of the zone shows on that day what it shows at the moment."""
    local = datetime.combine(day, moment.astimezone(zone).time())
    if local.time() == datetime.min.time():
        return first_instant(local, zone)
    return local.replace(tzinfo=zone).astimezone(UTC)
