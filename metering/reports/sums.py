"""The query behind every report: usage of a range, added up by dimensions and pieces of time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from metering.ids import first_id_at
from metering.reports.buckets import Bucket
from metering.reports.dimensions import DIMENSIONS
from metering.reports.figures import NAMES, Figures
from metering.reports.plan import Reading, Span, plan
from metering.rollups.levels import ANY_ZONE, COLUMNS, Level, level_for
from metering.rollups.measures import MEASURES, first_lines, requests_of
from metering.usage.fetch import fetch
from metering.usage.filters import FEATURE, LISTS, UsageFilter

ORDER = {
    "tokens": "input_tokens + output_tokens",
    "cost": "cost_nano_usd",
    "errors": "failed",
    "latency": "answered",
    "success": "answered + failed",
}
"""By what groups are ordered where it is not the metric's own column: rates by how much they are of."""
OTHERS = "\x01"
"""Stands for all groups that are not named."""


@dataclass(frozen=True, slots=True)
class Key:
    """A group: its value, and whose it is where it means something inside one tenant only."""

    value: Any
    tenant_id: UUID | None = None

    @property
    def text(self) -> str:
        """To find it again. Nothing that a caller writes contains such a character."""
        return f"{'' if self.value is None else '='}{self.value or ''}\x02{self.tenant_id or ''}"


@dataclass(frozen=True, slots=True)
class Sum:
    """A group with its figures."""

    keys: tuple[Key, ...]
    bucket: date | datetime | None
    figures: Figures


def total(chosen: UsageFilter) -> Figures:
    """Of everything."""
    return sums_by(chosen).total


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Groups, and what they are groups of."""

    groups: list[Sum]
    total: Figures
    requests_of_groups: int
    """Of all groups together, where a call of two vendors counts in both."""


def sums_by(
    chosen: UsageFilter,
    *,
    by: Sequence[str] = (),
    bucket: Bucket | None = None,
    cuts: Sequence[datetime] = (),
    metric: str = "cost",
    limit: int = 1_000,
    each: int | None = None,
    only: Sequence[str] | None = None,
    folded: bool = False,
) -> Sums:
    """The largest groups by the metric, and the figures of all.

    `only` keeps the groups whose first key has one of these texts, `folded` makes one of all others; `each` is how many
    second keys of each first one are kept. Of a dimension of which a call may have several, the figures of all are
    those of its groups together. Raises InvalidRequest as `metering.usage.fetch` does.
    """
    wanted = _columns(chosen, by)
    read = plan(chosen, level=level_for(wanted), cuts=cuts)
    params: dict[str, Any] = {"zone": chosen.zone, "limit": limit, "each": each, "only": list(only or ())}
    query = _query(chosen, read, by, bucket, metric, params, only=only is not None, folded=folded, each=each)
    rows = fetch(query, params)
    found = [_sum(row, len(by)) for row in rows if not row["is_total"]]
    whole = next(row for row in rows if row["is_total"])
    return Sums(
        groups=found,
        total=_figures(whole | {"requests": whole["whole_requests"]}),
        requests_of_groups=int(whole["requests"] or 0),
    )


def _columns(chosen: UsageFilter, by: Sequence[str]) -> set[str]:
    """What has to be told apart for the filters and the groups."""
    columns = {column for column, _ in chosen.only} | {DIMENSIONS[name].column for name in by}
    return {"task" if column == FEATURE else column for column in columns} - {"tenant_id"}


def _query(
    chosen: UsageFilter,
    read: Reading,
    by: Sequence[str],
    bucket: Bucket | None,
    metric: str,
    params: dict[str, Any],
    *,
    only: bool,
    folded: bool,
    each: int | None,
) -> str:
    apart = requests_of(_columns(chosen, by))
    whole = requests_of(_columns(chosen, ()))
    sums = {name: f"sum(used.{name})" for name in NAMES if name != "requests"}
    sums |= {"requests": f"sum(used.{apart})", "whole_requests": f"sum(used.{whole})"}
    keys = _keys(chosen, by, bucket, folded=folded)
    grouped = ", ".join(f"{sql} AS {name}" for name, sql in keys.items())
    added = ", ".join(f"{sql} AS {name}" for name, sql in sums.items())
    joins = " ".join(_join(name) for name in by)
    used = _used(chosen, read, {apart, whole}, params)
    shown = [*keys, *NAMES, "whole_requests"]
    kept = _kept(by, metric, only=only and not folded, each=each)
    totals = ", ".join(
        [
            *(f"NULL::{_TYPE.get(name, 'text')}" for name in keys),
            *(f"sum({name})" for name in (*NAMES, "whole_requests")),
        ]
    )
    return f"""
WITH grouped AS MATERIALIZED (
    SELECT {f"{grouped}, " if grouped else ""}{added} FROM {used} {joins}
    {f"GROUP BY {', '.join(str(place + 1) for place in range(len(keys)))}" if keys else ""}
)
(SELECT false AS is_total, {", ".join(shown)} FROM {kept} LIMIT %(limit)s)
UNION ALL SELECT true, {totals} FROM grouped
"""  # noqa: S608 - columns are constants of this package, values are parameters


_TYPE = {"bucket": "date", "hour": "timestamptz"}


def _keys(chosen: UsageFilter, by: Sequence[str], bucket: Bucket | None, *, folded: bool) -> dict[str, str]:
    keys: dict[str, str] = {}
    for place, name in enumerate(by):
        owner = "NULL::text" if DIMENSIONS[name].is_shared else "used.tenant_id::text"
        value = f"({_value(name)})::text"
        if folded:
            text = f"CASE WHEN {value} IS NULL THEN '' ELSE '=' || {value} END || E'\\x02' || coalesce({owner}, '')"
            fold = f"{text} = ANY(%(only)s)"
            value = f"CASE WHEN {fold} THEN {value} ELSE E'\\x01' END"
            owner = f"CASE WHEN {fold} THEN {owner} END"
        keys |= {f"key{place}": value, f"owner{place}": owner}
    if bucket is Bucket.HOUR:
        keys["hour"] = "date_trunc('hour', used.at, %(zone)s)"
    elif bucket is not None:
        keys["bucket"] = f"date_trunc('{bucket.value}', used.at AT TIME ZONE %(zone)s)::date"
    return keys


def _value(name: str) -> str:
    if name == FEATURE:
        return "task_of_used.feature_id"
    column = DIMENSIONS[name].column
    return f"each_{column}.value" if column in LISTS else f"used.{column}"


def _join(name: str) -> str:
    column = DIMENSIONS[name].column
    if name == FEATURE:
        return "LEFT JOIN metering_task task_of_used ON task_of_used.code = used.task"
    if column in LISTS:
        return f"LEFT JOIN LATERAL unnest(used.{column}) each_{column} (value) ON true"
    return ""


def _kept(by: Sequence[str], metric: str, *, only: bool, each: int | None) -> str:
    """What of the groups is shown, in order."""
    order = f"{ORDER.get(metric, metric)} DESC"
    names = ", ".join(f"key{place} NULLS LAST, owner{place}" for place in range(len(by)))
    text = "CASE WHEN key0 IS NULL THEN '' ELSE '=' || key0 END || E'\\x02' || coalesce(owner0, '')"
    where = f"WHERE {text} = ANY(%(only)s)" if only else ""
    rows = f"(SELECT * FROM grouped {where})"  # noqa: S608 - constants of this file
    if each is not None:
        rank = f"row_number() OVER (PARTITION BY key0, owner0 ORDER BY {order}, {names})"
        rows = f"(SELECT *, {rank} AS rank FROM {rows} few)"  # noqa: S608
    ranked = "WHERE rank <= %(each)s" if each is not None else ""
    return f"{rows} shown {ranked} ORDER BY {order}{f', {names}' if names else ''}"


def _used(chosen: UsageFilter, read: Reading, counts: set[str], params: dict[str, Any]) -> str:
    """The usage to add up: rollups and lines with the same columns."""
    labels = COLUMNS[read.level]
    sums = [*(name for name in NAMES if name != "requests"), *sorted(counts)]
    timeless = replace(chosen, since=None, until=None)
    rows = [
        _rollups(timeless, zone, level, spans, labels, sums, params)
        for zone, level, spans in (
            (chosen.zone, read.level, read.days),
            (ANY_ZONE, min(read.level, Level.PEOPLE), read.quarters),
        )
        if spans
    ]
    if read.lines or not rows:
        rows.append(_lines(timeless, read.lines, labels, sums, sorted(counts), params))
    return f"({' UNION ALL '.join(rows)}) used"


def _rollups(
    chosen: UsageFilter,
    zone: str,
    level: Level,
    spans: Sequence[Span],
    labels: Sequence[str],
    sums: Sequence[str],
    params: dict[str, Any],
) -> str:
    name = f"unit_{len(params)}"
    params |= {f"{name}_zone": zone, f"{name}_level": level.value}
    within = _within("line.starts_at", spans, params)
    return (
        f"SELECT line.starts_at AS at, {', '.join(f'line.{each}' for each in ('tenant_id', *labels, *sums))} "  # noqa: S608
        f"FROM metering_usagerollup line WHERE line.zone = %({name}_zone)s AND line.level = %({name}_level)s "
        f"AND {within} AND {chosen.condition(params)}"
    )


def _lines(
    chosen: UsageFilter,
    spans: Sequence[Span],
    labels: Sequence[str],
    sums: Sequence[str],
    counts: Sequence[str],
    params: dict[str, Any],
) -> str:
    ids = [(first_id_at(since), first_id_at(until)) for since, until in spans]
    condition = f"{_within('line.id', ids, params)} AND {chosen.condition(params)}"
    values = ", ".join(f"{MEASURES[name]} AS {name}" for name in sums)
    shown = ", ".join(f"line.{each}" for each in ("tenant_id", *labels))
    return f"SELECT metering_moment(line.id) AS at, {shown}, {values} FROM {first_lines(condition, counts)}"  # noqa: S608


def _within(column: str, spans: Sequence[tuple[Any, Any]], params: dict[str, Any]) -> str:
    parts = []
    for since, until in spans:
        name = f"span_{len(params)}"
        params |= {f"{name}_since": since, f"{name}_until": until}
        parts.append(f"({column} >= %({name}_since)s AND {column} < %({name}_until)s)")
    return f"({' OR '.join(parts)})" if parts else "false"


def _sum(row: dict[str, Any], keys: int) -> Sum:
    found = tuple(Key(row[f"key{place}"], _uuid(row[f"owner{place}"])) for place in range(keys))
    return Sum(found, row.get("bucket") or row.get("hour"), _figures(row))


def _figures(row: dict[str, Any]) -> Figures:
    return Figures({name: int(row[name] or 0) for name in NAMES})


def _uuid(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)
