"""The usage that a report adds up, as SQL: rollups and lines with the same columns."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from metering.ids import first_id_at
from metering.reports.plan import Reading, Span
from metering.rollups.levels import ANY_ZONE, COLUMNS, Level
from metering.rollups.measures import MEASURES, first_lines
from metering.usage.filters import UsageFilter


def used(
    chosen: UsageFilter, read: Reading, counts: set[str], names: Sequence[str], params: dict[str, Any]
) -> str:
    """Return a subquery of all usage in the range, with the columns of its level."""
    labels, sums = COLUMNS[read.level], sums_read(names, counts)
    timeless = replace(chosen, since=None, until=None)
    rows = [
        rollups(timeless, zone, read.level, within("line.starts_at", spans, params), (*labels, *sums), params)
        for zone, spans in units_read(chosen, read)
    ]
    if read.lines or not rows:
        rows.append(lines_of(timeless, read.lines, labels, sums, sorted(counts), params))
    return f"({' UNION ALL '.join(rows)}) used"


def sums_read(names: Sequence[str], counts: Collection[str]) -> list[str]:
    """The columns that add up: of requests those counts that are wanted."""
    return list(dict.fromkeys([*(name for name in names if name != "requests"), *sorted(counts)]))


def units_read(chosen: UsageFilter, read: Reading) -> list[tuple[str, Sequence[Span]]]:
    """The zones of the units, and when they are."""
    both = ((chosen.zone, read.days), (ANY_ZONE, read.quarters))
    return [(zone, spans) for zone, spans in both if spans]


def rollups(
    chosen: UsageFilter, zone: str, level: Level, times: str, shown: Sequence[str], params: dict[str, Any]
) -> str:
    """SELECT of `line`, to which conditions can be added; `times` is one on its `starts_at`."""
    name = f"unit_{len(params)}"
    params |= {f"{name}_zone": zone, f"{name}_level": level.value}
    return (
        f"SELECT line.starts_at AS at, {', '.join(f'line.{each}' for each in ('tenant_id', *shown))} "  # noqa: S608
        f"FROM metering_usagerollup line WHERE line.zone = %({name}_zone)s AND line.level = %({name}_level)s "
        f"AND {times} AND {chosen.condition(params)}"
    )


def lines_of(
    chosen: UsageFilter,
    spans: Sequence[Span],
    labels: Sequence[str],
    sums: Sequence[str],
    counts: Sequence[str],
    params: dict[str, Any],
) -> str:
    """Return a SELECT of the same columns from the lines of the log."""
    ids = [(first_id_at(since), first_id_at(until)) for since, until in spans]
    condition = f"{within('line.id', ids, params)} AND {chosen.condition(params)}"
    values = ", ".join(f"{MEASURES[name]} AS {name}" for name in sums)
    shown = ", ".join(f"line.{each}" for each in ("tenant_id", *labels))
    return f"SELECT metering_moment(line.id) AS at, {shown}, {values} FROM {first_lines(condition, counts)}"  # noqa: S608


def within(column: str, spans: Sequence[tuple[Any, Any]], params: dict[str, Any]) -> str:
    """Return SQL that says whether a moment is in one of the spans."""
    parts = []
    for since, until in spans:
        name = f"span_{len(params)}"
        params |= {f"{name}_since": since, f"{name}_until": until}
        parts.append(f"({column} >= %({name}_since)s AND {column} < %({name}_until)s)")
    return f"({' OR '.join(parts)})" if parts else "false"
