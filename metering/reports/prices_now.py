"""What usage would have cost at today's prices, to the nano-dollar, without pricing every call again.

A call that was charged by the price that is in force still costs what it was charged. So only calls are priced again
that were made before their model's price began or was last corrected. Invariant: with the charge this is what
`metering.usage.summary` says with `Prices.NOW`.
"""

from datetime import datetime, timedelta

from django.db import connection

from metering.ids import first_id_at
from metering.reports.groupings import GROUPINGS
from metering.usage.fetch import fetch
from metering.usage.filters import FEATURE, LISTS, UsageFilter
from metering.usage.lines import LINES
from metering.usage.prices import COST, JOIN, Prices

MOST_CALLS = 50_000
"""That are priced again for somebody who waits."""
KNOWN_WITHIN = timedelta(minutes=1)
"""Every process charges by a new price by then."""

_SETTLED = """
SELECT DISTINCT ON (model_id) model_id, greatest(effective_from, changed_at) FROM metering_modelprice
WHERE effective_from <= %s ORDER BY model_id, effective_from DESC
"""


def cost_now(chosen: UsageFilter, *, by: str, now: datetime, most: int = MOST_CALLS) -> dict[str, int] | None:
    """What today's prices add to the charge (nano-USD, below zero if they are lower), by the text of the group's key.

    Groups that they leave as they are do not appear. None: more than `most` would have to be priced again.
    """
    moved = _moved(chosen, now)
    if not moved:
        return {}
    params: dict[str, object] = {
        "zone": chosen.zone,
        "now": now,
        "models": list(moved),
        "before": [first_id_at(moment) for moment in moved.values()],
        "most": most + 1,
    }
    old = (
        f"{LINES} JOIN unnest(%(models)s::text[], %(before)s::uuid[]) moved (model, before) "
        f"ON moved.model = line.request_model AND line.id < moved.before"
    )
    condition = chosen.condition(params)
    few = f"SELECT FROM {old} WHERE {condition} LIMIT %(most)s"
    [counted] = fetch(f"SELECT count(*) AS lines FROM ({few}) few", params)  # noqa: S608
    if counted["lines"] > most:
        return None
    key, owner, join = _key(by)
    query = (
        f"SELECT {key} AS key, {owner} AS owner, sum({COST[Prices.NOW]}) - sum(line.cost_nano_usd) AS more "  # noqa: S608
        f"FROM {old} {JOIN[Prices.NOW]} {join} WHERE {condition} GROUP BY 1, 2"
    )
    texts = {
        f"{'' if row['key'] is None else '='}{row['key'] or ''}\x02{row['owner'] or ''}": int(row["more"])
        for row in fetch(query, params)
    }
    return {text: more for text, more in texts.items() if more}


def _moved(chosen: UsageFilter, now: datetime) -> dict[str, datetime]:
    """Models whose price moved since the range began → until when their calls were charged by another one."""
    with connection.cursor() as cursor:
        cursor.execute(_SETTLED, [now])
        settled = {model: moment + KNOWN_WITHIN for model, moment in cursor.fetchall()}
    return {
        model: moment for model, moment in settled.items() if chosen.since is None or moment > chosen.since
    }


def _key(by: str) -> tuple[str, str, str]:
    grouping = GROUPINGS[by]
    owner = "NULL::text" if grouping.is_shared else "line.tenant_id::text"
    if by == FEATURE:
        join = "LEFT JOIN metering_task task_of_line ON task_of_line.code = line.task"
        return "task_of_line.feature_id::text", owner, join
    if grouping.column in LISTS:
        return (
            "each.value::text",
            owner,
            f"LEFT JOIN LATERAL unnest(line.{grouping.column}) each (value) ON true",
        )
    return f"line.{grouping.column}::text", owner, ""
