"""Which calls bear a correction of a day and model: of every tenant, team, user, token, agent, task and set of tags in
their shares, so that each budget is corrected by its part.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from msgspec import Struct

from metering.ids import first_id_at
from metering.reconciliation.read_ledger import BEFORE, LIST, OF_PROVIDER, READ_TIMEOUT_S, midnight
from metering.usage.fetch import fetch

MOST_OF_GROUP = 50
"""Calls of a group, the dearest, among which its share is placed."""
MOST_HOSTS = 100_000


class Host(Struct, frozen=True, kw_only=True):
    """A call that can bear a correction."""

    reservation_id: UUID
    charged_nano_usd: int
    list_nano_usd: int


class Group(Struct, frozen=True, kw_only=True):
    """Calls that count on the same budgets, and the dearest of them."""

    list_nano_usd: int
    """Of all of them."""
    hosts: tuple[Host, ...]


def groups_of(
    *, provider: str, day: date, zone: str, models: Sequence[str], estimated_only: bool
) -> list[Group]:
    """The first attempts of the day's calls; `models` are ours, empty: all.

    Raises InvalidRequest where it takes too long.
    """
    start, end = midnight(day, zone), midnight(day + timedelta(days=1), zone)
    params = {
        "provider": provider,
        "low": first_id_at(start - BEFORE),
        "high": first_id_at(end),
        "start": start,
        "end": end,
        "models": list(models),
        "any_model": not models,
        "estimated_only": estimated_only,
        "of_group": MOST_OF_GROUP,
        "limit": MOST_HOSTS,
    }
    rows = fetch(_HOSTS, params, timeout_s=READ_TIMEOUT_S)
    return list(_grouped(rows))


def _grouped(rows: list[dict[str, Any]]) -> Iterator[Group]:
    for _, found in groupby(rows, key=lambda row: row["of_group"]):
        each = list(found)
        yield Group(
            list_nano_usd=int(each[0]["whole"]),
            hosts=tuple(
                Host(
                    reservation_id=row["reservation_id"],
                    charged_nano_usd=row["charged"],
                    list_nano_usd=row["listed"],
                )
                for row in each
            ),
        )


_LABELS = "tenant_id, team_id, user_id, token_id, agent_id, task, model_class, tags"
_HOSTS = f"""
SELECT * FROM (
    SELECT log.reservation_id, log.cost_nano_usd AS charged, {LIST} AS listed,
        dense_rank() OVER (ORDER BY {_LABELS}) AS of_group,
        sum({LIST}) OVER (PARTITION BY {_LABELS}) AS whole,
        row_number() OVER (PARTITION BY {_LABELS} ORDER BY log.cost_nano_usd DESC, log.id) AS place
    FROM metering_usagelog log
    WHERE log.id >= %(low)s AND log.id < %(high)s AND log.started_at >= %(start)s AND log.started_at < %(end)s
        AND log.attempt = 1 AND log.outcome <> 'provisional' AND (log.cost_nano_usd > 0 OR log.estimated)
        AND (%(any_model)s OR log.request_model = ANY(%(models)s))
        AND (NOT %(estimated_only)s OR log.estimated) AND {OF_PROVIDER}
) ranked WHERE place <= %(of_group)s ORDER BY of_group, place LIMIT %(limit)s
"""  # noqa: S608 - constants of this file
"""Calls that cost nothing bear nothing: their share is nothing. Provisional ones are corrected by what comes true."""
