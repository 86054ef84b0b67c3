"""How many calls there were, and how they went, in equal parts of a time: the bars above the log, and its sums.

Calls are counted once, by their last attempt, in the part in which they were admitted, so that a bar leads to exactly
its lines.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count, Sum

from metering.activity.asked import Asked
from metering.activity.bar import MOST_BARS, Bar
from metering.activity.from_sums import bars_from_sums
from metering.activity.labels import label_conditions
from metering.activity.log import in_time
from metering.activity.logged import families
from metering.activity.refusals import refused
from metering.activity.status import OF_OUTCOME, Status
from metering.activity.unlogged import unlogged
from metering.ids import first_id_at
from metering.models import LedgerEntry, RollupProgress
from metering.types import EntryKind, ReservationState

DAY = timedelta(days=1)
STEPS = (
    *(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720)),
    *(timedelta(days=days) for days in (1, 2, 7, 14)),
)
TIMEOUT_S = 5
MOST_COUNTED = 30_000
SHORTEST = timedelta(hours=6)
"""From so long a time on sums of quarters of an hour make bars."""
MOST_CORRECTED = 5_000
"""Calls whose corrections are looked at one by one."""
OUTCOMES = tuple(OF_OUTCOME)
_CODE = " ".join(f"WHEN '{outcome}' THEN {code}" for code, outcome in enumerate(OUTCOMES))
_LAST = f"mod(max(log.attempt::int * {len(OUTCOMES)} + CASE log.outcome {_CODE} END), {len(OUTCOMES)})"
"""The code of the last attempt's outcome."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """The bars in order, and what they add up to. Refusals are calls too: of one minute and rule, each is counted."""

    step: timedelta
    bars: list[Bar]
    in_flight: int
    cost_nano_usd: int
    """As charged, with corrections."""
    held_nano_usd: int
    is_of_sums: bool
    """There were too many calls to count: of those that failed, attempts are counted (from_sums.py)."""

    def of(self, *statuses: Status) -> int:
        return sum(bar.of(*statuses) for bar in self.bars)


def histogram(asked: Asked, *, zone: str, most: int = MOST_COUNTED) -> Histogram:
    """Days begin in `zone`. Of more than about `most` calls, sums that were made beforehand are shown.

    Raises InvalidRequest where there is too much to count, and the filters are none that sums know.
    """
    in_flight = held = cost = 0
    with in_time(TIMEOUT_S):
        of_sums = _is_known_to_sums(asked) and _about(asked) > most
        if of_sums:
            step, bars, cost = bars_from_sums(asked, ZoneInfo(zone))
            bounds = [bar.since for bar in bars]
        else:
            step = _step(asked)
            bounds = _bounds(asked, step, ZoneInfo(zone))
            ends = [*bounds[1:], asked.until]
            bars = [Bar(since=since, until=until) for since, until in zip(bounds, ends, strict=True)]
        if asked.wants_logged and not of_sums:
            cost = _count(asked, bounds, bars) + _corrections(asked)
        if asked.wants_unlogged:
            rows = unlogged(asked).filter(state=ReservationState.HELD)
            sums = rows.aggregate(calls=Count("id"), held=Sum("cost_nano_usd", default=0))
            in_flight, held = sums["calls"], int(sums["held"])
        if asked.wants_refusals:
            for place, times in _refused(asked, bounds):
                bars[place - 1].calls[Status.REFUSED] = int(times)
    return Histogram(
        step=step,
        bars=bars,
        in_flight=in_flight,
        cost_nano_usd=cost,
        held_nano_usd=held,
        is_of_sums=of_sums,
    )


def _is_known_to_sums(asked: Asked) -> bool:
    """Whether there are sums, the filters are none on a call as a whole, and the time is enough for bars of hours."""
    if asked.until - asked.since < SHORTEST or not RollupProgress.objects.exists():
        return False
    return asked.status is None and asked.cost_from_nano_usd is None and asked.slower_than_ms is None


def _about(asked: Asked) -> int:
    """Return how many attempts PostgreSQL expects to find, which it says without reading them."""
    params: dict[str, Any] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"EXPLAIN (FORMAT JSON) SELECT FROM metering_usagelog log WHERE {_where(asked, params)}",
            params,
        )
        (found,) = cursor.fetchone()
    plan = found if isinstance(found, list) else json.loads(found)
    return int(plan[0]["Plan"]["Plan Rows"])


def _count(asked: Asked, bounds: Sequence[datetime], bars: Sequence[Bar]) -> int:
    """Put the calls into their bars, and return what they were charged."""
    cost = 0
    for place, code, calls, charged in _counted(asked, bounds):
        status = OF_OUTCOME[OUTCOMES[code]]
        found = bars[place - 1].calls
        found[status] = found.get(status, 0) + calls
        cost += int(charged)
    return cost


def _step(asked: Asked) -> timedelta:
    span = asked.until - asked.since
    return next((step for step in STEPS if span <= MOST_BARS * step), STEPS[-1])


def _bounds(asked: Asked, step: timedelta, zone: ZoneInfo) -> list[datetime]:
    """Where the bars begin. Days are the zone's, so that one of them may have 23 hours."""
    found = [asked.since]
    local = asked.since.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    while True:
        if step < DAY:
            following = found[-1] + step
        else:
            local += step  # on the clock of the zone
            following = local.astimezone(UTC)
        if following >= asked.until:
            return found
        found.append(following)


def _counted(asked: Asked, bounds: Iterable[datetime]) -> list[tuple[int, int, int, int]]:
    """Return rows of: place of the bar from 1 on, code of the last outcome, calls, their cost in nano-USD."""
    params: dict[str, Any] = {"bounds": [first_id_at(bound) for bound in bounds]}
    query = f"""
SELECT place, last, count(*), sum(cost) FROM (
    SELECT min(width_bucket(log.id, %(bounds)s::uuid[])) AS place, {_LAST} AS last, sum(log.cost_nano_usd) AS cost
    FROM metering_usagelog log WHERE {_where(asked, params)} GROUP BY log.reservation_id
    {_having(asked, params)}
) call GROUP BY 1, 2
"""  # noqa: S608 - columns are constants of this package, values are parameters
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        found: list[tuple[int, int, int, int]] = cursor.fetchall()
    return found


def _corrections(asked: Asked) -> int:
    """Return the nano-USD by which these calls were corrected by hand."""
    entries = LedgerEntry.objects.filter(kind=EntryKind.ADJUST, id__gte=asked.first_id, id__lt=asked.end_id)
    if asked.tenant is not None:
        entries = entries.filter(tenant_id=asked.tenant.pk)
    corrected: dict[Any, int] = {}
    for id_, cost in entries.values_list("reservation_id", "cost_nano_usd")[:MOST_CORRECTED]:
        corrected[id_] = corrected.get(id_, 0) + cost
    if not corrected:
        return 0
    params: dict[str, Any] = families(list(corrected))
    query = f"""
SELECT log.reservation_id FROM unnest(%(ids)s::uuid[], %(lows)s::uuid[], %(highs)s::uuid[]) call (call_id, low, high)
CROSS JOIN LATERAL (SELECT * FROM metering_usagelog own WHERE own.id >= call.low AND own.id <= call.high
    AND own.reservation_id = call.call_id OFFSET 0) log
WHERE {_where(asked, params)} GROUP BY log.reservation_id {_having(asked, params)}
"""  # noqa: S608 - as above
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return sum(corrected[id_] for (id_,) in cursor.fetchall())


def _where(asked: Asked, params: dict[str, Any]) -> str:
    parts = ["log.id >= %(first)s", "log.id < %(end)s"]
    params |= {"first": asked.first_id, "end": asked.end_id}
    if asked.tenant is not None:
        parts.append("log.tenant_id = %(tenant)s")
        params["tenant"] = asked.tenant.pk
    parts += label_conditions(asked.only, params)
    return " AND ".join(parts)


def _having(asked: Asked, params: dict[str, Any]) -> str:
    """The conditions on a call as a whole; the same that the log's lines have (logged.py)."""
    parts = []
    for column, value in (("request_model", asked.model), ("provider_name", asked.provider)):
        if value:
            parts.append(f"bool_or(log.{column} = %({column})s)")
            params[column] = value
    if asked.status is not None:
        parts.append(f"{_LAST} = ANY(%(codes)s)")
        params["codes"] = [code for code, name in enumerate(OUTCOMES) if OF_OUTCOME[name] is asked.status]
    if asked.cost_from_nano_usd is not None:
        parts.append("sum(log.cost_nano_usd) >= %(cost)s")
        params["cost"] = asked.cost_from_nano_usd
    if asked.slower_than_ms is not None:
        parts.append(
            "max(log.started_at + log.latency_ms * interval '1 millisecond') - min(log.started_at)"
            " > %(slow)s * interval '1 millisecond'"
        )
        params["slow"] = asked.slower_than_ms
    return f"HAVING {' AND '.join(parts)}" if parts else ""


def _refused(asked: Asked, bounds: Iterable[datetime]) -> list[tuple[int, int]]:
    rows = refused(asked).order_by()
    inner, inner_params = rows.values("id", "count").query.sql_with_params()
    query = f"SELECT width_bucket(denied.id, %s::uuid[]), sum(denied.count) FROM ({inner}) denied GROUP BY 1"  # noqa: S608 - a queryset's own SQL
    with connection.cursor() as cursor:
        cursor.execute(query, [[first_id_at(bound) for bound in bounds], *inner_params])
        found: list[tuple[int, int]] = cursor.fetchall()
    return found
