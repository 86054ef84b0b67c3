"""The report over time, as the stacked chart draws it."""

from datetime import date, datetime

from admin_console.explore import links
from admin_console.explore.words import charted, on_axis
from admin_console.filters_in_url import Chosen
from admin_console.parts import Chart, Day, Series, stacked_chart
from admin_console.wording import day, short_day
from metering.reports.buckets import Bucket
from metering.reports.explored import Explored
from metering.reports.groupings import GROUPINGS
from metering.reports.metrics import METRICS
from metering.reports.names import in_address

PIECES = {Bucket.HOUR: "hour", Bucket.DAY: "day", Bucket.WEEK: "week", Bucket.MONTH: "month"}


def chart_of(chosen: Chosen, explored: Explored) -> Chart:
    """One bar for each piece of time; the line is the average piece of the period before."""
    metric = METRICS[chosen.metric]
    return stacked_chart(
        title=title_of_chart(chosen),
        columns=[_column(chosen, piece) for piece in explored.buckets],
        series=[
            Series(
                name=series.name,
                values=[charted(chosen.metric, value) for value in series.values],
                url=_url(chosen, series.value, series.name) if not series.is_others else "",
                colour="s7" if series.is_others else "",
            )
            for series in explored.series
        ],
        amount=on_axis(chosen.metric),
        average_before=_average(chosen, explored) if metric.adds_up else None,
        unit=PIECES[chosen.bucket].capitalize(),
    )


def title_of_chart(chosen: Chosen) -> str:
    metric = METRICS[chosen.metric]
    if not metric.adds_up:
        return f"{metric.title} by {PIECES[chosen.bucket]}"
    return f"{metric.title} by {PIECES[chosen.bucket]} and {GROUPINGS[chosen.group].title.lower()}"


def _average(chosen: Chosen, explored: Explored) -> int:
    before = explored.before.value(chosen.metric)
    return int(before or 0) // max(len(explored.buckets), 1)


def _column(chosen: Chosen, piece: date | datetime) -> Day:
    url = links.calls(chosen, piece, chosen.bucket)
    if isinstance(piece, datetime):
        local = piece.astimezone(chosen.zone)
        short = f"{short_day(local.date())} {local:%H:%M}" if chosen.days.count > 1 else f"{local:%H:%M}"
        return Day(title=f"{day(local.date())}, {local:%H:%M}", short=short, url=url)
    if chosen.bucket is Bucket.MONTH:
        return Day(title=f"{piece:%B %Y}", short=f"{piece:%b %Y}", url=url)
    title = f"Week of {day(piece)}" if chosen.bucket is Bucket.WEEK else day(piece)
    return Day(title=title, short=short_day(piece), url=url)


def _url(chosen: Chosen, value: object, name: str) -> str:
    if value in (None, ""):
        return ""
    return chosen.link(**{chosen.group: in_address(chosen.group, value, name)})
