"""The log's histogram as a chart; each bar leads to its own part of the time."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.http import QueryDict

from admin_console.parts import Chart, Day, Series, stacked_chart, with_query
from admin_console.wording import SPACE, count, short_day
from metering.activity.bar import Bar
from metering.activity.histogram import Histogram
from metering.activity.status import Status

DAY = timedelta(days=1)
SERIES = (
    ("answered", "s1", (Status.ANSWERED, Status.CACHED)),
    ("failed at the vendor", "s2", (Status.FAILED, Status.CUT, Status.EXPIRED)),
    ("caller left", "s7", (Status.CANCELLED,)),
    ("refused by us", "s4", (Status.REFUSED,)),
)


def bars_of(found: Histogram, query: QueryDict, zone: ZoneInfo) -> Chart:
    """Four series, from the bottom: what went well, and what did not."""
    return stacked_chart(
        title="Calls in steps of " + step_name(found.step),
        columns=[_column(bar, found.step, query, zone) for bar in found.bars],
        series=[
            Series(name=name, values=[bar.of(*statuses) for bar in found.bars], colour=colour)
            for name, colour, statuses in SERIES
        ],
        amount=count,
        unit="From",
    )


def step_name(step: timedelta) -> str:
    """`30 minutes`, `2 hours`, `1 day`."""
    for unit, length in (("day", DAY), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        if step >= length:
            number = step // length
            return f"{number}{SPACE}{unit}{'s' if number > 1 else ''}"
    return f"{step.seconds}{SPACE}seconds"


def part_name(since: datetime, until: datetime, zone: ZoneInfo) -> str:
    """A part of the time in the page's zone: `13:30 to 14:00`, with the day where it is another."""
    first, last = since.astimezone(zone), until.astimezone(zone)
    if last - first >= DAY:
        return f"{short_day(first.date())} to {short_day((last - timedelta(minutes=1)).date())}"
    return f"{short_day(first.date())}, {first:%H:%M} to {last:%H:%M}"


def _column(bar: Bar, step: timedelta, query: QueryDict, zone: ZoneInfo) -> Day:
    first = bar.since.astimezone(zone)
    url = with_query(query, **{"from": bar.since.isoformat(), "to": bar.until.isoformat()})
    short = short_day(first.date()) if step >= timedelta(hours=12) else f"{first:%H:%M}"
    return Day(title=part_name(bar.since, bar.until, zone), short=short, url=url.replace("+", "%2B"))
