"""What the page shows, as CSV: exact, in the units of the API."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse

from admin_console.filters_in_url import Chosen
from metering.money import usd_text
from metering.reports.explored import Explored, Group
from metering.reports.figures import Figures
from metering.reports.groupings import GROUPINGS
from metering.usage.csv_text import csv_text

FIGURES = (
    *("cost_usd", "before_usd", "now_usd", "calls", "attempts", "failed", "denials", "input_tokens", "output_tokens"),
    *("cached_input_tokens", "p50_ms", "p95_ms", "success"),
)  # fmt: skip


def csv_of(chosen: Chosen, explored: Explored) -> HttpResponse:
    """A row for each group, or for each of its parts, then all others and the total."""
    keys = [GROUPINGS[name].title for name in (chosen.group, chosen.subgroup) if name]
    text = csv_text((*keys, *FIGURES), _rows(explored, keys), header=True)
    name = f"usage-{chosen.group}-{chosen.days.first}-{chosen.days.last}.csv"
    return HttpResponse(
        text,
        content_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"},
    )


def _rows(explored: Explored, keys: list[str]) -> Iterator[dict[str, Any]]:
    for group in explored.groups:
        yield _row(keys, (group.name, ""), group.figures, group.before, group.cost_now_nano_usd)
        for part in group.subgroups:
            yield _row(keys, (group.name, part.name), part.figures, part.before, _now(part))
    if explored.others is not None:
        yield _row(keys, ("all others", ""), explored.others, None, None)
    yield _row(keys, ("total", ""), explored.total, explored.before, explored.cost_now_nano_usd)


def _now(group: Group) -> int | None:
    return group.cost_now_nano_usd


def _row(
    keys: list[str], names: tuple[str, str], figures: Figures, before: Figures | None, now: int | None
) -> dict[str, Any]:
    success = figures.success
    return {
        **dict(zip(keys, names, strict=False)),
        "cost_usd": usd_text(figures.cost_nano_usd),
        "before_usd": None if before is None else usd_text(before.cost_nano_usd),
        "now_usd": None if now is None else usd_text(now),
        "calls": figures.requests,
        **{
            name: figures[name] for name in ("attempts", "failed", "denials", "input_tokens", "output_tokens")
        },
        "cached_input_tokens": figures["cached_input_tokens"],
        "p50_ms": figures.latency_ms(50),
        "p95_ms": figures.latency_ms(95),
        "success": None if success is None else f"{success:.4f}",
    }
