"""The query behind every report: usage of a range, added up by groupings and pieces of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from metering.reports.buckets import Bucket
from metering.reports.figures import NAMES, Figures
from metering.reports.groupings import GROUPINGS
from metering.reports.largest import used_by_largest
from metering.reports.plan import Reading, once, plan
from metering.reports.used import used
from metering.rollups.levels import level_for
from metering.rollups.measures import MEASURES, requests_of
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
    """Return the sums of everything together."""
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
    only: Sequence[Key] | None = None,
    names: Sequence[str] = NAMES,
    is_of_largest: bool = False,
) -> Sums:
    """The largest groups by the metric, and the figures of all.

    `only` leaves out all but these first keys; `each` is how many second keys of each first one are kept; `names` are
    the sums that are wanted, of which the metric's are some: all others are 0. With `is_of_largest` only those
    conversations are looked at that can be among the largest. Of a grouping of which a call may have several, and of
    the largest, the figures of all are those of the groups together. Raises InvalidRequest as `metering.usage.fetch`
    does.
    """
    asked = _Asked(
        chosen=chosen,
        by=tuple(by),
        bucket=bucket,
        cuts=tuple(cuts),
        metric=metric,
        limit=limit,
        each=each,
        only=None if only is None else tuple(only),
        names=tuple(names),
        is_of_largest=is_of_largest,
    )
    return once(asked, lambda: _sums(asked))


def _sums(asked: "_Asked") -> Sums:
    chosen, by = asked.chosen, asked.by
    read = plan(chosen, level=level_for(_columns(chosen, by)), cuts=asked.cuts)
    params: dict[str, Any] = {"zone": chosen.zone, "limit": asked.limit, "each": asked.each}
    rows = fetch(_query(asked, read, params), params)
    kept = None if asked.only is None else {key.text for key in asked.only}
    found = [_sum(row, len(by)) for row in rows if not row["is_total"]]
    whole = next(row for row in rows if row["is_total"])
    return Sums(
        groups=[each for each in found if kept is None or each.keys[0].text in kept],
        total=_figures(whole | {"requests": whole["whole_requests"]}),
        requests_of_groups=int(whole["requests"] or 0),
    )


def sums_of_largest(
    chosen: UsageFilter, *, by: str, metric: str, limit: int, names: Sequence[str] = NAMES
) -> Sums:
    """The same as `sums_by` with one grouping. Of MANY groups only the largest are added up in full: most of the work
    would be for groups that nobody sees.
    """
    if by not in MANY:
        return sums_by(chosen, by=(by,), metric=metric, limit=limit, names=names)
    asked: dict[str, Any] = {"metric": metric, "limit": limit, "names": names_of(metric)}
    largest = sums_by(chosen, by=(by,), is_of_largest=not chosen.only, **asked).groups
    if not largest:
        return Sums(groups=[], total=total(chosen), requests_of_groups=0)
    keys = [each.keys[0] for each in largest]
    most = _NAMESAKES * limit
    found = sums_by(chosen, by=(by,), metric=metric, limit=most, only=keys, names=names).groups
    whole = total(chosen)
    return Sums(groups=found[:limit], total=whole, requests_of_groups=whole.requests)


MANY = ("conversation",)
"""Groupings of so many values that the groups that are not shown are most of the work."""
_NAMESAKES = 20
"""So many tenants' groups of one name are looked through for the one that is meant."""


def names_of(metric: str) -> tuple[str, ...]:
    """Return the names of the sums that a metric is made of."""
    return _MADE_OF.get(metric, (metric,))


_MADE_OF = {
    "cost": ("cost_nano_usd",),
    "tokens": ("input_tokens", "output_tokens"),
    "errors": ("failed",),
    "latency": ("latencies", "answered"),
    "success": ("answered", "failed"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What `sums_by` was asked."""

    chosen: UsageFilter
    by: tuple[str, ...]
    bucket: Bucket | None
    cuts: tuple[datetime, ...]
    metric: str
    limit: int
    each: int | None
    only: tuple[Key, ...] | None
    names: tuple[str, ...]
    is_of_largest: bool


def _columns(chosen: UsageFilter, by: Sequence[str]) -> set[str]:
    """What has to be told apart for the filters and the groups."""
    columns = {column for column, _ in chosen.only} | {GROUPINGS[name].column for name in by}
    return {"task" if column == FEATURE else column for column in columns} - {"tenant_id"}


def _query(asked: _Asked, read: Reading, params: dict[str, Any]) -> str:
    chosen, by = asked.chosen, asked.by
    apart, whole = requests_of(_columns(chosen, by)), requests_of(_columns(chosen, ()))
    sums = {name: f"sum(used.{name})" for name in asked.names if name != "requests"}
    sums |= {"requests": f"sum(used.{apart})", "whole_requests": f"sum(used.{whole})"}
    keys = _keys(by, asked.bucket)
    grouped = ", ".join(f"{sql} AS {name}" for name, sql in (keys | sums).items())
    places = ", ".join(str(place + 1) for place in range(len(keys)))
    where = f"WHERE {_among(by[0], asked.only, params)}" if asked.only is not None else ""
    totals = [*(f"NULL::{_TYPE.get(name, 'text')}" for name in keys), *(f"sum({name})" for name in sums)]
    wanted = [name for name in sums if name in MEASURES]
    if asked.is_of_largest:
        order = f"{_order(asked.metric)}, line.conversation_id NULLS LAST, line.tenant_id::text"
        source = used_by_largest(chosen, read, {apart, whole}, wanted, params, order=order)
    else:
        source = used(chosen, read, {apart, whole}, wanted, params)
    return f"""
WITH grouped AS MATERIALIZED (
    SELECT {grouped} FROM {source} {" ".join(_join(name) for name in by)} {where}
    {f"GROUP BY {places}" if keys else ""}
)
(SELECT false AS is_total, {", ".join([*keys, *sums])} FROM {_kept(by, asked.metric, asked.each)} LIMIT %(limit)s)
UNION ALL SELECT true, {", ".join(totals)} FROM grouped
"""  # noqa: S608 - columns are constants of this package, values are parameters


def _among(name: str, only: Sequence[Key], params: dict[str, Any]) -> str:
    """Keys of these values; whose they are is looked at afterwards."""
    kind = "uuid" if GROUPINGS[name].column in ("tenant_id", "team_id", "user_id", "token_id") else "text"
    params["only"] = [key.value for key in only if key.value is not None]
    some = f"{_value(name)} = ANY(%(only)s::{kind}[])"
    return f"({some} OR {_value(name)} IS NULL)" if any(key.value is None for key in only) else some


_TYPE = {"bucket": "date", "hour": "timestamptz"}


def _keys(by: Sequence[str], bucket: Bucket | None) -> dict[str, str]:
    keys: dict[str, str] = {}
    for place, name in enumerate(by):
        owner = "NULL::text" if GROUPINGS[name].is_shared else "used.tenant_id::text"
        keys |= {f"key{place}": f"({_value(name)})::text", f"owner{place}": owner}
    if bucket is Bucket.HOUR:
        keys["hour"] = "date_trunc('hour', used.at, %(zone)s)"
    elif bucket is not None:
        keys["bucket"] = f"date_trunc('{bucket.value}', used.at AT TIME ZONE %(zone)s)::date"
    return keys


def _value(name: str) -> str:
    if name == FEATURE:
        return "task_of_used.feature_id"
    column = GROUPINGS[name].column
    return f"each_{column}.value" if column in LISTS else f"used.{column}"


def _join(name: str) -> str:
    column = GROUPINGS[name].column
    if name == FEATURE:
        return "LEFT JOIN metering_task task_of_used ON task_of_used.code = used.task"
    if column in LISTS:
        return f"LEFT JOIN LATERAL unnest(used.{column}) each_{column} (value) ON true"
    return ""


def _kept(by: Sequence[str], metric: str, each: int | None) -> str:
    """Return SQL that selects the groups that are shown, in order."""
    order = _order(metric)
    names = "".join(f", key{place} NULLS LAST, owner{place}" for place in range(len(by)))
    if each is None:
        return f"grouped ORDER BY {order}{names}"
    rank = f"row_number() OVER (PARTITION BY key0, owner0 ORDER BY {order}{names})"
    ranked = f"(SELECT *, {rank} AS rank FROM grouped) shown"  # noqa: S608 - constants of this file
    return f"{ranked} WHERE rank <= %(each)s ORDER BY {order}{names}"


def _order(metric: str) -> str:
    return f"{ORDER.get(metric, metric)} DESC"


def _sum(row: dict[str, Any], keys: int) -> Sum:
    found = tuple(Key(row[f"key{place}"], _uuid(row[f"owner{place}"])) for place in range(keys))
    return Sum(found, row.get("bucket") or row.get("hour"), _figures(row))


def _figures(row: dict[str, Any]) -> Figures:
    return Figures({name: int(row.get(name) or 0) for name in NAMES})


def _uuid(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)
