"""A statement as CSV: one table of everything, exact to the nano-dollar, for programs and spreadsheets."""

from collections.abc import Iterator
from typing import Any

from metering.money import usd_text
from metering.statements.figures import Entries, Figures, Group
from metering.types import Dimension
from metering.usage.csv_text import csv_text

COLUMNS = (
    *("section", "name", "what", "requests", "input_tokens", "cached_input_tokens", "output_tokens"),
    *("vendor_usd", "markup_usd", "discount_usd", "corrected_usd", "charged_usd", "limit", "used", "left"),
    *("recorded_at", "month", "reservation_id"),
)
_EMPTY: dict[str, Any] = dict.fromkeys(COLUMNS)
_COUNTS = ("requests", "input_tokens", "cached_input_tokens", "output_tokens")
_AMOUNTS = ("vendor", "markup", "discount", "corrected", "charged")


def statement_csv(figures: Figures) -> str:
    """Return a statement as CSV, with a row for each line of each section; the column `section` says which."""
    return csv_text(COLUMNS, _rows(figures), header=True)


def _rows(figures: Figures) -> Iterator[dict[str, Any]]:
    total = Group(name=figures.tenant, sums=figures.usage)
    yield _group("usage", total)
    for section in ("by_task", "by_model", "by_team", "by_user"):
        for group in getattr(figures, section):
            yield _group(section.removeprefix("by_"), group)
    for line in figures.budgets:

        def amount(value: int, dimension: str = line.dimension) -> str:
            return usd_text(value) if dimension == Dimension.COST else str(value)

        yield {
            **_EMPTY,
            "section": "budget",
            "name": line.whom,
            "what": " ".join(part for part in (line.dimension, line.window, line.task) if part),
            "limit": amount(line.limit),
            "used": amount(line.used),
            "left": amount(line.left),
        }
    for each in figures.top_ups.shown:
        yield {
            **_EMPTY,
            "section": "top_up" if each.nano_usd > 0 else "top_up_taken_back",
            "name": each.reference,
            "what": each.reason,
            "limit": usd_text(abs(each.nano_usd)),
            "recorded_at": each.paid_at,
        }
    yield from _entries("correction", figures.corrections)
    yield from _entries("earlier", figures.earlier)
    yield {**_EMPTY, "section": "earlier_total", "charged_usd": usd_text(figures.earlier.nano_usd)}
    yield {**_EMPTY, "section": "total", "charged_usd": usd_text(figures.total_nano_usd)}


def _group(section: str, group: Group) -> dict[str, Any]:
    counts = {name: getattr(group.sums, name) for name in _COUNTS}
    amounts = {f"{name}_usd": usd_text(getattr(group.sums, f"{name}_nano_usd")) for name in _AMOUNTS}
    return {**_EMPTY, "section": section, "name": group.name, **counts, **amounts}


def _entries(section: str, entries: Entries) -> Iterator[dict[str, Any]]:
    for each in entries.shown:
        yield {
            **_EMPTY,
            "section": section,
            "name": each.kind.name.lower(),
            "what": each.reason,
            "charged_usd": usd_text(each.nano_usd),
            "recorded_at": each.recorded_at,
            "month": f"{each.month:%Y-%m}",
            "reservation_id": each.reservation_id,
        }
