"""Refusals by what people ask for, told as usage is."""

from collections.abc import Sequence
from typing import Any

from metering.errors import InvalidRequest
from metering.reports.buckets import Bucket, Days, buckets_of
from metering.reports.denials import COLUMNS, count_refused, refused_by, refused_over_time, unknown_filters
from metering.reports.explored import MOST_GROUPS, MOST_SUBGROUPS, SUBGROUPED, Explored, Group, Series
from metering.reports.figures import DENIALS, NOTHING, Figures
from metering.reports.names import named
from metering.reports.sums import Key
from metering.usage.filters import UsageFilter

MOST_ROWS = 20_000
"""That are read to find the parts of groups, and what groups had before."""


def explore_refusals(
    chosen: UsageFilter, earlier: UsageFilter, *, group: str, subgroup: str, bucket: Bucket, days: Days
) -> Explored:
    """Raises InvalidRequest for groups and filters that are not known of refusals."""
    _check(chosen, group, subgroup)
    count, found = count_refused(chosen), refused_by(chosen, group, limit=MOST_GROUPS + 1)
    shown = list(found.items())[:MOST_GROUPS]
    before = refused_by(earlier, group, limit=MOST_ROWS)
    parts = _parts(chosen, earlier, (group, subgroup), [key for (key,), _ in shown]) if subgroup else {}
    rest = count - sum(times for _, times in shown)
    buckets = tuple(buckets_of(days, bucket))
    over_time = refused_over_time(chosen, bucket)
    return Explored(
        total=_denied(count),
        before=_denied(count_refused(earlier)),
        before_since=earlier.both_ends[0],
        before_until=earlier.both_ends[1],
        cost_now_nano_usd=None,
        groups=_groups(group, [(key, times, before.get((key,), 0)) for (key,), times in shown], parts),
        others=_denied(rest) if len(found) > len(shown) else None,
        overlaps=False,
        buckets=buckets,
        series=(Series(value=None, name="all", values=tuple(over_time.get(each, 0) for each in buckets)),),
    )


def _check(chosen: UsageFilter, group: str, subgroup: str) -> None:
    for param, name in (("group", group), ("subgroup", subgroup)):
        if name and name not in COLUMNS:
            raise InvalidRequest(f"Refusals are told apart by {', '.join(COLUMNS)}.", param=param)
    if unknown := unknown_filters(chosen):
        raise InvalidRequest(
            f"It is not known of refusals: {', '.join(unknown)}. Take the filter away to see refusals.",
            param="metric",
        )


def _parts(
    chosen: UsageFilter, earlier: UsageFilter, by: tuple[str, str], outer: Sequence[object]
) -> dict[object, tuple[Group, ...]]:
    """Return the largest parts of the largest groups."""
    before = refused_by(earlier, *by, limit=MOST_ROWS)
    rows: dict[object, list[tuple[object, int, int]]] = {key: [] for key in outer[:SUBGROUPED]}
    for (key, inner), times in refused_by(chosen, *by, limit=MOST_ROWS).items():
        if key in rows and len(rows[key]) < MOST_SUBGROUPS:
            rows[key].append((inner, times, before.get((key, inner), 0)))
    return {key: _groups(by[1], some, {}) for key, some in rows.items()}


def _groups(
    name: str, rows: Sequence[tuple[object, int, int]], parts: dict[object, tuple[Group, ...]]
) -> tuple[Group, ...]:
    """`rows` are values with how often they were refused, in the range and before."""
    keys = {value: Key(None if value is None else str(value)) for value, _, _ in rows}
    names = named(name, keys.values())
    return tuple(
        Group(
            value=keys[value].value,
            name=names[keys[value]],
            tenant_id=None,
            figures=_denied(times),
            before=_denied(before),
            subgroups=parts.get(value, ()),
        )
        for value, times, before in rows
    )


def _denied(count: int) -> Figures:
    sums: dict[str, Any] = {**NOTHING.sums, DENIALS: count}
    return Figures(sums)
