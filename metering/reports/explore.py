"""Usage by what people ask for: totals, the largest groups with their shares and changes, and a chart over time."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from metering.errors import InvalidRequest
from metering.reports.before import period_before
from metering.reports.buckets import Bucket, Days, buckets_of, usual_bucket
from metering.reports.explore_refusals import explore_refusals
from metering.reports.explored import MOST_GROUPS, MOST_SUBGROUPS, SUBGROUPED, Explored, Group, Series
from metering.reports.figures import DENIALS, NOTHING, Figures
from metering.reports.groupings import GROUPINGS
from metering.reports.metrics import METRICS
from metering.reports.names import named
from metering.reports.plan import reading
from metering.reports.prices_now import cost_now
from metering.reports.sums import Key, Sum, Sums, names_of, sums_by, sums_of_largest, total
from metering.time_zones import first_instant, is_time_zone, unusable, zone_named
from metering.usage.filters import UsageFilter

CHARTED = 6
OVERLAPPING = "tag"
"""The grouping of which a call may have several."""
MOST_ROWS = 20_000
"""Of a chart: a group of many tenants is several, of which the largest is meant."""


def explore(
    chosen: UsageFilter,
    *,
    metric: str = "cost",
    group: str = "model",
    subgroup: str = "",
    bucket: Bucket | None = None,
    now: datetime,
    with_before: bool = True,
) -> Explored:
    """Add up the usage of a range by `group`, and each group by `subgroup`. `chosen` has both ends of its time.

    Without `bucket` the chart has pieces that suit the range; without `with_before` nothing is compared.

    Raises InvalidRequest for unknown words, a chart of too many pieces, and reports that take too long.
    """
    _check(metric, group, subgroup)
    if not is_time_zone(chosen.zone):
        raise unusable(chosen.zone)
    days = days_of(chosen)
    bucket = bucket or usual_bucket(days.count)
    if days.count > bucket.longest_days:
        raise InvalidRequest(f"By {bucket} at most {bucket.longest_days} days.", param="bucket")
    earlier = period_before(chosen, now=now)
    if metric == DENIALS:
        return explore_refusals(chosen, earlier, group=group, subgroup=subgroup, bucket=bucket, days=days)
    with reading():
        overlaps = group == OVERLAPPING
        sums = sums_of_largest(chosen, by=group, metric=metric, limit=MOST_GROUPS + 1)
        whole = total(chosen) if overlaps else sums.total
        found = sums.groups[:MOST_GROUPS]
        keys = [each.keys[0] for each in found]
        names = named(group, keys)
        before, groups_before = _before(earlier, group, keys, metric) if with_before else (NOTHING, {})
        priced = cost_now(chosen, by=group, now=now)
        subgroups = _subgroups(chosen, earlier if with_before else None, (group, subgroup), keys, metric)
        buckets = tuple(buckets_of(days, bucket))
        series = _series(chosen, group, names, metric, bucket, buckets)
    groups = tuple(
        Group(
            value=key.value,
            name=names[key],
            tenant_id=key.tenant_id,
            figures=each.figures,
            before=groups_before.get(key.text, NOTHING),
            cost_now_nano_usd=_cost_now(each.figures, priced, key.text),
            subgroups=subgroups.get(key.text, ()),
        )
        for key, each in zip(keys, found, strict=True)
    )
    return Explored(
        total=whole,
        before=before,
        before_since=earlier.both_ends[0],
        before_until=earlier.both_ends[1],
        cost_now_nano_usd=None if priced is None else whole.cost_nano_usd + sum(priced.values()),
        groups=groups,
        others=_rest(sums, found) if len(sums.groups) > len(found) and not overlaps else None,
        overlaps=overlaps,
        buckets=buckets,
        series=tuple(series),
    )


def _cost_now(figures: Figures, changes: Mapping[str, int] | None, group: str) -> int | None:
    """What a group's calls would cost at today's prices; None: too many would have to be priced again."""
    return None if changes is None else figures.cost_nano_usd + changes.get(group, 0)


def _check(metric: str, group: str, subgroup: str) -> None:
    if metric not in METRICS:
        raise InvalidRequest(f"{metric!r} is no metric; there are {', '.join(METRICS)}.", param="metric")
    if group not in GROUPINGS:
        raise InvalidRequest(f"{group!r} is no group; there are {', '.join(GROUPINGS)}.", param="group")
    if subgroup and (subgroup not in GROUPINGS or subgroup == group):
        raise InvalidRequest(f"{subgroup!r} is no further group of {group}.", param="subgroup")


def days_of(chosen: UsageFilter) -> Days:
    """The days of the range, the first and the last perhaps in part."""
    since, until = chosen.both_ends
    zone = zone_named(chosen.zone)
    last = max(since, until - timedelta(microseconds=1))
    return Days(first=since.astimezone(zone).date(), last=last.astimezone(zone).date(), zone=zone)


def _before(
    earlier: UsageFilter, group: str, keys: Sequence[Key], metric: str
) -> tuple[Figures, dict[str, Figures]]:
    if not keys:
        return total(earlier), {}
    names = ("cost_nano_usd", "requests", *names_of(metric))
    sums = sums_by(earlier, by=(group,), metric=metric, limit=2 * MOST_GROUPS, only=keys, names=names)
    return total(earlier), {each.keys[0].text: each.figures for each in sums.groups}


def _subgroups(
    chosen: UsageFilter,
    earlier: UsageFilter | None,
    by: tuple[str, str],
    keys: Sequence[Key],
    metric: str,
) -> dict[str, tuple[Group, ...]]:
    if not by[1] or not keys:
        return {}
    only, most = keys[:SUBGROUPED], SUBGROUPED * MOST_SUBGROUPS
    found = sums_by(chosen, by=by, metric=metric, only=only, limit=most, each=MOST_SUBGROUPS).groups
    before: list[Sum] = []
    if earlier is not None:
        names = ("cost_nano_usd", "requests", *names_of(metric))
        before = sums_by(earlier, by=by, metric=metric, only=only, limit=10 * most, names=names).groups
    known = {tuple(key.text for key in each.keys): each.figures for each in before}
    words = named(by[1], [each.keys[1] for each in found])
    groups: dict[str, list[Group]] = {}
    for each in found:
        outer, inner = each.keys
        groups.setdefault(outer.text, []).append(
            Group(
                value=inner.value,
                name=words[inner],
                tenant_id=inner.tenant_id,
                figures=each.figures,
                before=known.get((outer.text, inner.text), NOTHING),
            )
        )
    return {text: tuple(some) for text, some in groups.items()}


def _series(
    chosen: UsageFilter,
    group: str,
    names: Mapping[Key, str],
    metric: str,
    bucket: Bucket,
    buckets: Sequence[date | datetime],
) -> list[Series]:
    """The largest groups and all others; of a metric that does not add up only everything together."""
    asked: dict[str, Any] = {"bucket": bucket, "cuts": _cuts(chosen, buckets), "metric": metric}
    asked["names"] = names_of(metric)
    whole = _over_time(sums_by(chosen, limit=len(buckets) + 1, **asked).groups, metric).get("", {})
    if not METRICS[metric].adds_up:
        return [Series(value=None, name="all", values=_filled(whole, buckets, None))]
    shown = list(names)[:CHARTED]
    if not shown:
        return []
    groups = sums_by(chosen, by=(group,), only=shown, limit=MOST_ROWS, **asked).groups
    values = _over_time(groups, metric)
    series = [
        Series(value=key.value, name=names[key], values=_filled(values.get(key.text, {}), buckets, 0))
        for key in shown
    ]
    if len(names) > len(shown) and group != OVERLAPPING:
        sums = [sum(each.values[place] or 0 for each in series) for place in range(len(buckets))]
        rest = tuple(
            max(0, (whole.get(piece) or 0) - some) for piece, some in zip(buckets, sums, strict=True)
        )
        series.append(Series(value=None, name="others", values=rest, is_others=True))
    return series


def _cuts(chosen: UsageFilter, buckets: Sequence[date | datetime]) -> list[datetime]:
    """Return the moments at which the pieces begin."""
    zone = zone_named(chosen.zone)
    return [
        each
        if isinstance(each, datetime)
        else first_instant(datetime.combine(each, datetime.min.time()), zone)
        for each in buckets
    ]


def _over_time(sums: Sequence[Sum], metric: str) -> dict[str, dict[date | datetime, int | Decimal | None]]:
    values: dict[str, dict[date | datetime, int | Decimal | None]] = {}
    for each in sums:
        text = each.keys[0].text if each.keys else ""
        values.setdefault(text, {})[each.bucket] = each.figures.value(metric)  # type: ignore[index]
    return values


def _filled(
    values: dict[date | datetime, int | Decimal | None],
    buckets: Sequence[date | datetime],
    empty: int | None,
) -> tuple[int | Decimal | None, ...]:
    return tuple(values.get(each, empty) for each in buckets)


def _rest(sums: Sums, found: Sequence[Sum]) -> Figures:
    """Return what the groups that are not shown have together."""
    rest = Figures({**sums.total.sums, "requests": sums.requests_of_groups})
    for each in found:
        rest = rest - each.figures
    return rest
