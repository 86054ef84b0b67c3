"""The groups of a report and their parts, as the page lists them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.html import format_html
from django.utils.safestring import SafeString

from admin_console.explore import links
from admin_console.explore.words import short, written
from admin_console.filters_in_url import Chosen
from admin_console.parts import Cell, Column, linked_columns, row_html, sort_key, sorted_rows
from admin_console.wording import NOTHING, change, count, duration, percent, share, usd, usd_exact
from metering.reports.explored import Explored, Group
from metering.reports.figures import Figures
from metering.reports.groupings import GROUPINGS
from metering.reports.metrics import METRICS

COLOURS = 6
SORTS: dict[str, Callable[[Group], Any]] = {
    "name": lambda group: group.name.lower(),
    "cost": lambda group: group.figures.cost_nano_usd,
    "change": lambda group: group.figures.cost_nano_usd - group.before.cost_nano_usd,
    "now": lambda group: group.cost_now_nano_usd or 0,
    "calls": lambda group: group.figures.requests,
    "in": lambda group: group.figures["input_tokens"],
    "out": lambda group: group.figures["output_tokens"],
    "each": lambda group: group.figures.cost_per_request or 0,
    "p95": lambda group: group.figures.latency_ms(95) or 0,
    "ok": lambda group: group.figures.success or 0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row: of a group, or under it of one of its parts."""

    cells: SafeString
    kind: str
    """`group` or `sub`; empty where groups have no parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    total: SafeString


def lines_of(chosen: Chosen, explored: Explored, query: QueryDict) -> Lines:
    """In the order that the address asks for: by the metric, or by a column."""
    columns = _columns(chosen)
    sort = sort_key(query, columns)
    groups = sorted_rows(explored.groups, sort, SORTS) if sort else list(explored.groups)
    linked = linked_columns(query, columns)
    dots = {group.name: f"s{place}" for place, group in enumerate(explored.groups[:COLOURS], 1)}
    found: list[Line] = []
    for group in groups:
        url = links.inside(chosen, chosen.group, group)
        kind = "group" if chosen.subgroup else ""
        found.append(_line(chosen, explored, linked, group, url, kind, dots.get(group.name, "")))
        found += [
            _line(chosen, explored, linked, part, links.part(chosen, group, part), "sub", "")
            for part in group.subgroups
        ]
    if explored.others is not None:
        cells = _cells(chosen, explored, Cell(text="All others"), explored.others, None, None)
        found.append(Line(cells=row_html(linked, cells), kind=""))
    cells = _cells(
        chosen, explored, Cell(text="Total"), explored.total, explored.before, explored.cost_now_nano_usd
    )
    return Lines(columns=linked, lines=tuple(found), total=row_html(linked, cells, is_total=True))


def _columns(chosen: Chosen) -> tuple[Column, ...]:
    title = GROUPINGS[chosen.group].title
    if chosen.metric == "denials":
        return (
            Column(key="name", title=title, sorts=True),
            Column(key="denials", title="Refusals", is_number=True),
            Column(key="before", title="Period before", is_number=True),
        )
    asked = Column(key="metric", title=METRICS[chosen.metric].title, is_number=True)
    return (
        Column(key="name", title=title, sorts=True),
        *([] if chosen.metric in SHOWN else [asked]),
        Column(key="cost", title="Cost", is_number=True, sorts=True),
        Column(key="share", title="Share", is_number=True, hides="mid"),
        Column(key="change", title="Change", is_number=True, sorts=True),
        Column(key="now", title="Today's prices", is_number=True, sorts=True, hides="lo mid"),
        Column(key="calls", title="Calls", is_number=True, sorts=True, hides="mid"),
        Column(key="in", title="Tokens in", is_number=True, sorts=True, hides="lo mid"),
        Column(key="out", title="Tokens out", is_number=True, sorts=True, hides="lo mid"),
        Column(key="each", title="Per call", is_number=True, sorts=True, hides="lo mid"),
        Column(key="p95", title="p95", is_number=True, sorts=True, hides="lo mid"),
        Column(key="ok", title="Success", is_number=True, sorts=True, hides="lo mid"),
    )


SHOWN = ("cost", "requests", "input_tokens", "output_tokens", "latency", "success")
"""Metrics that have a column anyway."""


def _line(
    chosen: Chosen,
    explored: Explored,
    columns: tuple[Column, ...],
    group: Group,
    url: str,
    kind: str,
    dot: str,
) -> Line:
    first = Cell(text=group.name, url=url, dot=dot)
    now = group.cost_now_nano_usd
    cells = _cells(chosen, explored, first, group.figures, group.before, now)
    whole = explored.total.cost_nano_usd
    part = 100 * group.figures.cost_nano_usd / whole if whole else 0
    return Line(cells=row_html(columns, cells, {"share": _share_bar(part)}), kind=kind)


def _share_bar(part: float) -> SafeString:
    """As long as the part is large, in percent."""
    return format_html(
        '<span class="share lo"><i style="--share:{}"></i></span>', f"{min(max(part, 0), 100):.1f}%"
    )


def _cells(
    chosen: Chosen,
    explored: Explored,
    first: Cell,
    figures: Figures,
    before: Figures | None,
    now: int | None,
) -> tuple[Cell, ...]:
    if chosen.metric == "denials":
        earlier = NOTHING if before is None else count(before["denials"])
        return first, Cell(text=count(figures["denials"])), Cell(text=earlier)
    metric = chosen.metric
    extra = () if metric in SHOWN else (Cell(text=written(metric, figures.value(metric))),)
    cost, seconds = figures.cost_nano_usd, figures.latency_ms(95)
    moved = NOTHING if before is None else change(cost, before.cost_nano_usd)
    return (
        first,
        *extra,
        Cell(text=usd(cost), exact=usd_exact(cost)),
        Cell(text=share(cost, explored.total.cost_nano_usd)),
        Cell(text=moved),
        Cell(text=NOTHING if now is None else usd(now), exact="" if now is None else usd_exact(now)),
        Cell(text=count(figures.requests)),
        Cell(text=short(figures["input_tokens"])),
        Cell(text=short(figures["output_tokens"])),
        Cell(text=_each(figures)),
        Cell(text=NOTHING if seconds is None else duration(seconds / 1_000)),
        Cell(text=percent(figures.success)),
    )


def _each(figures: Figures) -> str:
    """To a hundredth of a cent."""
    each = figures.cost_per_request
    return NOTHING if each is None else f"${each / 1_000_000_000:,.4f}"
