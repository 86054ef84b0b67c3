"""Which calls bear a correction of a day and model: of every tenant, team, user, token, agent, task and set of tags in
their shares, so that each budget is corrected by its part.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from msgspec import Struct

from metering.amounts import Amounts
from metering.errors import InvalidRequest
from metering.ids import first_id_at
from metering.ledger.use import first_attempt_of
from metering.reconciliation.causes import BookedFor
from metering.reconciliation.read_ledger import (
    BEFORE,
    LIST,
    LISTED_CORRECTION,
    OF_PROVIDER,
    READ_TIMEOUT_S,
    SERVED,
    midnight,
)
from metering.usage.fetch import fetch

FEW = 3
"""Calls of a group, the dearest, of which one bears what is added to it."""
SPARE = 2
"""What is taken from a group is looked for on calls of so many times its share: some bear a correction already."""
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
    booked: Amounts
    """What was booked on them for the same reason already, before markups."""
    corrections: int
    """In how many corrections."""
    hosts: tuple[Host, ...]


def groups_of(
    *, provider: str, day: date, zone: str, models: Sequence[str], reason: BookedFor, amount_nano_usd: int
) -> list[Group]:
    """The first attempts of the day's calls, for what had been estimated of those that were; `models` are ours, and
    the vendor's where it let others answer; empty: all. Of each group there are as many calls, the dearest, as can bear
    its share of the amount.

    Raises InvalidRequest where it takes too long, and for too many calls.
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
        "estimated_only": reason is BookedFor.USAGE,
        "reason": reason.value,
        "few": FEW,
        "taken": SPARE * max(0, -amount_nano_usd),
        "limit": MOST_HOSTS + 1,
    }
    rows = fetch(_HOSTS, params, timeout_s=READ_TIMEOUT_S)
    if len(rows) > MOST_HOSTS:
        raise InvalidRequest(
            f"On {day} more than {MOST_HOSTS:,} calls would have to be corrected. Correct the price in the catalog "
            "instead, from that day on.",
            param="book",
        )
    return list(_grouped(rows))


def _grouped(rows: list[dict[str, Any]]) -> Iterator[Group]:
    for _, found in groupby(rows, key=lambda row: row["of_group"]):
        each = list(found)
        yield Group(
            list_nano_usd=int(each[0]["whole"]),
            booked=Amounts(
                input_tokens=int(each[0]["booked_input"]),
                output_tokens=int(each[0]["booked_output"]),
                cost_nano_usd=int(each[0]["booked_cost"]),
            ),
            corrections=int(each[0]["corrections"]),
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
_CORRECTION = LISTED_CORRECTION.format(charged="cell.charged", listed="cell.listed")
_BOOKED = ("booked_cost", "booked_input", "booked_output", "corrections")
_HOSTS = f"""
WITH cell AS (
    SELECT log.id, log.reservation_id, log.cost_nano_usd AS charged, {LIST} AS listed, {_LABELS}
    FROM metering_usagelog log
    WHERE log.id >= %(low)s AND log.id < %(high)s AND log.started_at >= %(start)s AND log.started_at < %(end)s
        AND log.attempt = 1 AND log.outcome <> 'provisional' AND (log.cost_nano_usd > 0 OR log.estimated)
        AND (%(any_model)s OR {SERVED} = ANY(%(models)s))
        AND (NOT %(estimated_only)s OR log.estimated) AND {OF_PROVIDER}
), booked AS (
    SELECT cell.id, count(*) AS corrections, sum(entry.input_tokens) AS booked_input,
        sum(entry.output_tokens) AS booked_output, sum({_CORRECTION}) AS booked_cost
    FROM metering_ledgerentry entry JOIN cell ON cell.id = {first_attempt_of("entry.reservation_id")}
    WHERE entry.kind = 5 AND entry.id >= %(low)s AND entry.id < %(high)s AND entry.reason = %(reason)s
    GROUP BY cell.id
)
SELECT * FROM (
    SELECT cell.reservation_id, cell.charged, cell.listed, dense_rank() OVER (ORDER BY {_LABELS}) AS of_group,
        sum(cell.listed) OVER (PARTITION BY {_LABELS}) AS whole,
        {", ".join(f"sum(coalesce({name}, 0)) OVER (PARTITION BY {_LABELS}) AS {name}" for name in _BOOKED)},
        sum(cell.listed) OVER () AS of_all, row_number() OVER dearest AS place,
        sum(cell.listed) OVER dearest - cell.listed AS before
    FROM cell LEFT JOIN booked ON booked.id = cell.id
    WINDOW dearest AS (
        PARTITION BY {_LABELS} ORDER BY cell.charged DESC, cell.id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )
) ranked
WHERE place <= %(few)s OR before * of_all < %(taken)s::numeric * whole
ORDER BY of_group, place LIMIT %(limit)s
"""  # noqa: S608 - constants of this file
"""Calls that cost nothing bear nothing: their share is nothing. Provisional ones are corrected by what comes true."""
