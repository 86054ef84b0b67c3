"""The log's bars from usage that was added up beforehand, where there is too much to count call by call.

Of what is answered it counts calls, of what failed attempts: a call that went on with another vendor is in both.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from metering.activity.asked import Asked
from metering.activity.bar import MOST_BARS, Bar
from metering.activity.status import Status
from metering.reports.buckets import MAX_HOURS, Bucket
from metering.reports.figures import Figures
from metering.reports.plan import reading
from metering.reports.sums import sums_by
from metering.time_zones import first_instant
from metering.usage.filters import UsageFilter

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AT_ONCE = (1, 2, 3, 4, 6, 12)
"""So many hours make a bar."""
MOST_UNITS = 10_000


def bars_from_sums(asked: Asked, zone: ZoneInfo) -> tuple[timedelta, list[Bar], int]:
    """Return the length of a bar, the bars, and what their calls were charged in nano-USD."""
    chosen = _filter_of(asked)
    is_short = asked.until - asked.since <= HOUR * MAX_HOURS
    bucket = Bucket.HOUR if is_short else Bucket.DAY
    with reading():
        sums = sums_by(chosen, bucket=bucket, limit=MOST_UNITS)
    figures = {_moment(each.bucket, zone): each.figures for each in sums.groups if each.bucket is not None}
    if is_short:
        hours = (asked.until - asked.since) / HOUR
        step = HOUR * next((number for number in AT_ONCE if hours <= number * MOST_BARS), AT_ONCE[-1])
        bounds = list(_hours(asked, step))
    else:
        step, bounds = DAY, list(_days(asked, zone))
    bars = [
        Bar(since=since, until=until) for since, until in zip(bounds, [*bounds[1:], asked.until], strict=True)
    ]
    for moment in sorted(figures):
        bar = next((bar for bar in bars if moment < bar.until), bars[-1])
        _add(bar, figures[moment])
    return step, bars, sums.total.cost_nano_usd


def _filter_of(asked: Asked) -> UsageFilter:
    only = asked.only
    only += (("request_model", asked.model),) if asked.model else ()
    only += (("provider_name", asked.provider),) if asked.provider else ()
    return UsageFilter(tenant=asked.tenant, since=asked.since, until=asked.until, only=only)


def _add(bar: Bar, figures: Figures) -> None:
    counts = {
        Status.ANSWERED: figures.requests,
        Status.CACHED: figures["cached"],
        Status.FAILED: figures["failed"],
    }
    for status, number in counts.items():
        if number:
            bar.calls[status] = bar.calls.get(status, 0) + number


def _moment(bucket: date | datetime | None, zone: ZoneInfo) -> datetime:
    if isinstance(bucket, datetime):
        return bucket
    if bucket is None:
        raise AssertionError("every sum has its piece of time")
    return first_instant(datetime.combine(bucket, time.min), zone)


def _hours(asked: Asked, step: timedelta) -> Iterator[datetime]:
    found = asked.since
    while found < asked.until:
        yield found
        found += step


def _days(asked: Asked, zone: ZoneInfo) -> Iterator[datetime]:
    yield asked.since
    day = asked.since.astimezone(zone).date() + DAY
    while (moment := first_instant(datetime.combine(day, time.min), zone)) < asked.until:
        yield moment
        day += DAY
