"""The query behind every report: lines of the books, added up by what they have in common."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from metering.errors import InvalidRequest
from metering.usage.fetch import fetch
from metering.usage.filters import FEATURE, UsageFilter
from metering.usage.lines import COUNTED, GROUPED, LINES, MOMENT
from metering.usage.prices import COST, JOIN, UNPRICED, Prices

_SHARED = {label.report: name for name, label in GROUPED.items() if label.is_shared}
_OWN = {label.report: name for name, label in GROUPED.items() if not label.is_shared}
_COLUMNS = {**_SHARED, FEATURE: "feature_id"}
COLUMN_OF = {**dict(sorted(_COLUMNS.items())), "tenant": "tenant_id", **_OWN}
"""The column of each grouping but `day`."""
GROUPS = ("day", *COLUMN_OF)
OF_ONE_TENANT = frozenset(_OWN)
"""Names that mean something inside one tenant only: two tenants' lines are never added up."""
OVERLAPPING = frozenset(label.report for label in GROUPED.values() if label.is_list)
"""Groupings of which a call may be in several groups, so that their sums do not add up to the whole."""
_JOINS = {
    FEATURE: "LEFT JOIN metering_task task ON task.code = line.task",
    **{
        label.report: f"LEFT JOIN LATERAL unnest(line.{name}) each({name}) ON true"
        for name, label in GROUPED.items()
        if label.is_list
    },
}
"""What a grouping's column is read of, where that is not the line itself."""
_KEYS = {FEATURE: "task.feature_id", **{by: f"each.{COLUMN_OF[by]}" for by in OVERLAPPING}}


@dataclass(frozen=True, slots=True, kw_only=True)
class After:
    """The group that was shown last. Groups without a name come after all others."""

    group: str | date | UUID | None
    tenant_id: UUID | None = None


def group_names(by: str) -> tuple[str, ...]:
    """What tells a grouping's rows apart. Raises InvalidRequest."""
    if by not in GROUPS:
        raise InvalidRequest(f"{by!r} is not a grouping; there are attempt, {', '.join(GROUPS)}.", param="by")
    return (by, "tenant") if by in OF_ONE_TENANT else (by,)


def groups(
    chosen: UsageFilter,
    *,
    by: str,
    limit: int,
    prices: Prices | None,
    now: datetime | None,
    after: After | None,
    dearest_first: bool,
) -> list[dict[str, Any]]:
    """Raises InvalidRequest for an unknown group, and as `fetch` does."""
    params: dict[str, Any] = {"zone": chosen.zone, "now": now, "limit": limit}
    query = _query(chosen, by, prices, after, params, dearest_first=dearest_first)
    return fetch(query, params)


def _query(
    chosen: UsageFilter,
    by: str,
    prices: Prices | None,
    after: After | None,
    params: dict[str, Any],
    *,
    dearest_first: bool,
) -> str:
    two_keys = len(group_names(by)) > 1
    key = f"({MOMENT} AT TIME ZONE %(zone)s)::date" if by == "day" else _key(by)
    keys = f"{key}, line.tenant_id" if two_keys else key
    condition = chosen.condition(params)
    if after is not None:
        condition += f" AND {_beyond(key, after, params, two_keys=two_keys)}"
    return f"""
SELECT {key} AS "group", {"line.tenant_id" if two_keys else "NULL::uuid"} AS tenant_id,
    count(DISTINCT line.request) + sum(line.corrected_requests) AS requests, sum(line.attempts) AS attempts,
    sum(line.corrections) AS corrections, count(*) FILTER (WHERE line.estimated) AS estimated,
    count(*) FILTER (WHERE line.provisional) AS provisional,
    count(*) FILTER (WHERE line.partly_priced) AS partly_priced,
    count(*) FILTER (WHERE line.own_key) AS own_key,
    count(*) FILTER (WHERE line.cached) AS cached,
    coalesce(sum(line.list_cost_nano_usd) FILTER (WHERE line.cached), 0) AS saved_nano_usd,
    {", ".join(f"sum(line.{name}) AS {name}" for name in COUNTED)}, sum(line.cost_nano_usd) AS charged,
    sum({COST[prices] if prices else "line.cost_nano_usd"}) AS cost,
    {UNPRICED[prices] if prices else "0"} AS unpriced
FROM {LINES} {JOIN[prices] if prices else ""} {_JOINS.get(by, "")}
WHERE {condition} GROUP BY {keys}
ORDER BY {"cost DESC, " if dearest_first else ""}{"1, 2" if two_keys else "1"}
LIMIT %(limit)s
"""  # noqa: S608 - columns are constants of this package, values are parameters


def _key(by: str) -> str:
    return _KEYS.get(by, f"line.{COLUMN_OF[by]}")


def _beyond(key: str, after: After, params: dict[str, Any], *, two_keys: bool) -> str:
    params |= {"after": after.group, "after_tenant": after.tenant_id}
    if after.group is None:
        return f"{key} IS NULL AND line.tenant_id > %(after_tenant)s" if two_keys else "false"
    same = f" OR ({key} = %(after)s AND line.tenant_id > %(after_tenant)s)" if two_keys else ""
    return f"({key} > %(after)s OR {key} IS NULL{same})"
