"""The cards at the top: what it cost, at today's prices, how many calls, and the dearest piece of time."""

from datetime import date, datetime

from admin_console.explore import links
from admin_console.explore.chart import PIECES
from admin_console.explore.words import written
from admin_console.filters_in_url import Chosen
from admin_console.parts import Figure
from admin_console.wording import change, count, day, percent, usd, usd_exact
from metering.reports.explored import Explored
from metering.reports.metrics import METRICS
from metering.reports.prices_now import MOST_CALLS


def figures_of(chosen: Chosen, explored: Explored) -> tuple[Figure, ...]:
    """Each beside the period before, or beside what it means."""
    if chosen.metric == "denials":
        return (_refusals(chosen, explored),)
    return _cost(chosen, explored), _now(explored), _calls(chosen, explored), _last(chosen, explored)


def _against(chosen: Chosen, explored: Explored) -> str:
    first, last = explored.days_before(chosen.zone)
    days = day(first) if chosen.days.count == 1 else f"{day(first)} to {day(last)}"
    return f"against {days}"


def _cost(chosen: Chosen, explored: Explored) -> Figure:
    cost, before = explored.total.cost_nano_usd, explored.before.cost_nano_usd
    return Figure(
        label="Cost",
        value=usd(cost),
        exact=usd_exact(cost),
        note=f"{change(cost, before)} {_against(chosen, explored)} ({usd(before)})",
        url=links.calls(chosen),
        name="cost",
    )


def _now(explored: Explored) -> Figure:
    cost, now = explored.total.cost_nano_usd, explored.cost_now_nano_usd
    if now is None:
        note = f"Not worked out: prices moved, and more than {MOST_CALLS:,} calls were before. Choose fewer days."
        return Figure(label="At today's prices", value="-", note=note, name="now")
    note = (
        "Today's prices are those that were charged"
        if now == cost
        else f"{change(now, cost)} than was charged"
    )
    return Figure(label="At today's prices", value=usd(now), exact=usd_exact(now), note=note, name="now")


def _calls(chosen: Chosen, explored: Explored) -> Figure:
    calls, before = explored.total.requests, explored.before.requests
    each = explored.total.cost_per_request
    note = f"{change(calls, before)} ({count(before)})"
    return Figure(
        label="Calls",
        value=count(calls),
        note=note if each is None else f"{note}. ${each / 1_000_000_000:,.4f} a call",
        url=links.calls(chosen),
        name="calls",
    )


def _last(chosen: Chosen, explored: Explored) -> Figure:
    """Of the cost the dearest piece of time; of anything else that figure itself."""
    if chosen.metric not in ("cost", "requests"):
        value, before = explored.total.value(chosen.metric), explored.before.value(chosen.metric)
        note = f"{written(chosen.metric, before)} {_against(chosen, explored).removeprefix('against ')}"
        title = METRICS[chosen.metric].title
        return Figure(label=title, value=written(chosen.metric, value), note=note, name=chosen.metric)
    sums = [
        int(sum(filter(None, values))) for values in zip(*(s.values for s in explored.series), strict=True)
    ]
    if not sums or not max(sums):
        return Figure(label="Success", value=percent(explored.total.success), name="success")
    most = max(range(len(sums)), key=sums.__getitem__)
    piece = explored.buckets[most]
    word = "Dearest" if chosen.metric == "cost" else "Busiest"
    average = written(chosen.metric, sum(sums) // len(sums))
    return Figure(
        label=f"{word} {PIECES[chosen.bucket]}",
        value=written(chosen.metric, sums[most]),
        note=f"{_piece(chosen, piece)}. The average is {average}",
        url=links.calls(chosen, piece, chosen.bucket),
        name="most",
    )


def _piece(chosen: Chosen, piece: date | datetime) -> str:
    if isinstance(piece, datetime):
        local = piece.astimezone(chosen.zone)
        return f"{day(local.date())}, {local:%H:%M}"
    return day(piece)


def _refusals(chosen: Chosen, explored: Explored) -> Figure:
    refused, before = explored.total["denials"], explored.before["denials"]
    return Figure(
        label="Refusals (429)",
        value=count(refused),
        note=f"{change(refused, before)} {_against(chosen, explored)} ({count(before)})",
        url=links.calls(chosen),
        name="denials",
    )
