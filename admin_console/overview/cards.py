"""The cards at the top: what was spent, what is under way, and how calls went."""

from datetime import date, datetime, tzinfo

from admin_console.budgets.rows import bar_of
from admin_console.budgets.words import forecast_words
from admin_console.links import days, to_page
from admin_console.parts import Figure
from admin_console.wording import change, count, duration, percent, short_day, usd, usd_exact
from metering.overview.budgets import BudgetLine
from metering.overview.overview import Overview
from metering.reports.overview import Spending

TITLES = {"today": "Spent today", "week": "Spent this week", "month": "Spent this month"}
BEFORE = {"today": "yesterday", "week": "last week", "month": "last month"}
RANGES = {"today": "today", "month": "month"}


def spending_cards(facts: Overview, *, now: datetime, zone: tzinfo, kept: dict[str, str]) -> list[Figure]:
    """`kept` are the filters that links go on with."""
    found = []
    for name, title in TITLES.items():
        spending: Spending = getattr(facts.spendings, name)
        line = facts.limits.get(name)
        found.append(
            Figure(
                name=f"spent_{name}",
                label=title,
                value=usd(spending.now.cost_nano_usd),
                exact=usd_exact(spending.now.cost_nano_usd),
                beside=f"of {usd(line.status.limit.amount)}" if line is not None else "",
                bar=bar_of(line, title) if line is not None else None,
                note=_note(name, spending, line, now, zone),
                url=_rows_of(name, spending.first, now.astimezone(zone).date(), kept),
            )
        )
    return [*found, in_flight_card(facts, now=now, kept=kept)]


def in_flight_card(facts: Overview, *, now: datetime, kept: dict[str, str]) -> Figure:
    """Calls under way, against the limit on calls at once."""
    line, flying = facts.at_once, facts.in_flight
    oldest = facts.held[0].since if facts.held else None
    since = f" The oldest began {duration((now - oldest).total_seconds())} ago." if oldest else ""
    return Figure(
        name="in_flight",
        label="In flight now",
        value=f"{count(flying.calls)} call{'' if flying.calls == 1 else 's'}",
        beside=f"of {count(line.status.limit.amount)} at once" if line is not None else "",
        bar=bar_of(line, "In flight") if line is not None else None,
        note=f"{usd(flying.held_nano_usd)} held.{since}",
        url=held_rows(kept) or "#in-flight",
    )


def held_rows(kept: dict[str, str]) -> str:
    """All calls under way: of those that began long ago too."""
    return to_page("activity", status="in_flight", range="30d", **kept)


def traffic_cards(facts: Overview, range_: str, kept: dict[str, str]) -> list[Figure]:
    """How calls of the range went, each beside the period before."""
    health, caches = facts.health, facts.caches
    now, before = health.figures, health.before
    p95, p95_before = now.latency_ms(95), before.latency_ms(95)
    asked = {"range": range_, **kept}
    return [
        Figure(
            name="calls",
            label="Calls",
            value=count(now.requests),
            note=f"{change(now.requests, before.requests)} against the period before"
            if before.requests
            else "none in the period before",
            url=to_page("explore", metric="requests", **asked),
        ),
        Figure(
            name="failed",
            label="Failed",
            value=percent(now.error_rate),
            note=f"{count(now['failed'])} attempts; {percent(before.error_rate)} before",
            url=to_page("explore", metric="errors", **asked),
        ),
        Figure(
            name="refused",
            label="Refused (429)",
            value=percent(health.refusals.rate),
            note=f"{count(health.refusals.count)} calls; {percent(health.refusals_before.rate)} before",
            url=to_page("activity", status="429", **asked),
        ),
        Figure(
            name="p95",
            label="p95 latency",
            value=_seconds(p95),
            note=f"{_seconds(p95_before)} before",
            url=to_page("explore", metric="latency", **asked),
        ),
        Figure(
            name="prompt_cache",
            label="Prompt cache hits",
            value=percent(caches.hit_rate),
            exact=usd_exact(caches.prompt_saved_nano_usd),
            note=f"saved {usd(caches.prompt_saved_nano_usd)}",
            url=to_page("explore", metric="cached_input_tokens", **asked),
        ),
    ]


def _note(name: str, spending: Spending, line: BudgetLine | None, now: datetime, zone: tzinfo) -> str:
    was = spending.before.cost_nano_usd
    compared = f"Nothing {BEFORE[name]} by now."
    if was:
        compared = f"{change(spending.now.cost_nano_usd, was)} against {BEFORE[name]} by now ({usd(was)})"
    if line is None:
        return compared
    amount, when = forecast_words(line, now, zone)
    held = f"{usd(line.status.held)} held. "
    if when.startswith("will be"):
        return f"{held}{when[0].upper()}{when[1:]}"
    return f"{held}Forecast {amount}. {compared}" if line.forecast is not None else f"{held}{compared}"


def _rows_of(name: str, first: date, today: date, kept: dict[str, str]) -> str:
    range_ = RANGES.get(name)
    return to_page("explore", **({"range": range_} if range_ else days(first, today)), **kept)


def _seconds(milliseconds: int | None) -> str:
    return duration(milliseconds / 1000 if milliseconds is not None else None)


def short_range(first: date, last: date) -> str:
    """Return a range of days in short: `28 Sep to 27 Oct`."""
    return f"{short_day(first)} to {short_day(last)}"
