"""Calls with attempts, from the usage log: one line for each, read newest first along an index.

The last attempt of a call stands for it. The others lie beside it: the ids of a call's attempts share all but their
last 16 bits with its reservation's, so that they are a short range of the primary key.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from metering.activity.asked import Asked
from metering.activity.labels import label_conditions
from metering.activity.line import LogLine
from metering.activity.status import OF_OUTCOME, outcomes_of
from metering.ids import family_of
from metering.types import EntryKind

OF_CALL = """FROM metering_usagelog own
    WHERE own.id >= (left(log.reservation_id::text, 32) || '0000')::uuid
        AND own.id <= (left(log.reservation_id::text, 32) || 'ffff')::uuid
        AND own.reservation_id = log.reservation_id"""
"""The attempts of a call. A scalar subquery of it is never turned into a join, which might read the whole log."""
IS_LAST = f"log.attempt = (SELECT max(own.attempt) {OF_CALL})"
TOOK = "max(own.started_at + own.latency_ms * interval '1 millisecond') - min(own.started_at)"

COLUMNS = """log.reservation_id, log.outcome, log.tenant_id, log.team_id, log.user_id, log.token_id, log.task,
    log.request_model, log.model_alias, log.provider_name, log.agent_id, log.conversation_id, log.tags,
    log.request_id"""

SUMS = """
SELECT call.id, count(*), count(DISTINCT own.provider_name), sum(own.input_tokens), sum(own.cached_input_tokens),
    sum(own.output_tokens), sum(own.cost_nano_usd), min(own.started_at),
    max(own.started_at + own.latency_ms * interval '1 millisecond')
FROM unnest(%(ids)s::uuid[], %(lows)s::uuid[], %(highs)s::uuid[]) call (id, low, high)
CROSS JOIN LATERAL (SELECT * FROM metering_usagelog log WHERE log.id >= call.low AND log.id <= call.high
    AND log.reservation_id = call.id OFFSET 0) own
GROUP BY call.id
"""
CORRECTIONS = """
SELECT call.id, sum(own.cost_nano_usd)
FROM unnest(%(ids)s::uuid[], %(lows)s::uuid[], %(highs)s::uuid[]) call (id, low, high)
CROSS JOIN LATERAL (SELECT * FROM metering_ledgerentry entry WHERE entry.id >= call.low AND entry.id <= call.high
    AND entry.reservation_id = call.id AND entry.kind = %(adjust)s OFFSET 0) own
GROUP BY call.id
"""


def where(asked: Asked, params: dict[str, Any], *, before: UUID | None = None) -> str:
    """The SQL condition on a call's last attempt (`log`); its values are put into `params`."""
    parts = ["log.id >= %(first)s", "log.id < %(end)s", IS_LAST]
    end = asked.end_id if before is None else min(family_of(before)[0], asked.end_id)
    params |= {"first": asked.first_id, "end": end}
    if asked.tenant is not None:
        parts.append("log.tenant_id = %(tenant)s")
        params["tenant"] = asked.tenant.pk
    parts += label_conditions(asked.only, params)
    for column, value in (("request_model", asked.model), ("provider_name", asked.provider)):
        if value:
            parts.append(
                f"CASE log.attempt WHEN 1 THEN log.{column} = %({column})s "
                f"ELSE (SELECT bool_or(own.{column} = %({column})s) {OF_CALL}) END"
            )
            params[column] = value
    if asked.status is not None:
        parts.append("log.outcome = ANY(%(outcomes)s)")
        params["outcomes"] = outcomes_of(asked.status)
    if asked.cost_from_nano_usd is not None:
        parts.append(f"(SELECT sum(own.cost_nano_usd) {OF_CALL}) >= %(cost)s")
        params["cost"] = asked.cost_from_nano_usd
    if asked.slower_than_ms is not None:
        parts.append(f"(SELECT {TOOK} {OF_CALL}) > %(slow)s * interval '1 millisecond'")
        params["slow"] = asked.slower_than_ms
    return " AND ".join(parts)


def logged_calls(asked: Asked, *, before: UUID | None, limit: int) -> list[LogLine]:
    """At most `limit` of them, newest first. Three queries, however many there are."""
    params: dict[str, Any] = {"limit": limit}
    condition = where(asked, params, before=before)
    return _lines(
        f"SELECT {COLUMNS} FROM metering_usagelog log WHERE {condition} ORDER BY log.id DESC LIMIT %(limit)s",  # noqa: S608 - columns are constants of this package, values are parameters
        params,
    )


def logged_calls_of(asked: Asked, ids: Sequence[UUID]) -> list[LogLine]:
    """Those of the calls that are asked for, newest first, whenever they were. Three queries."""
    params: dict[str, Any] = families(ids)
    condition = where(asked, params)
    return _lines(
        f"""
SELECT {COLUMNS} FROM unnest(%(ids)s::uuid[], %(lows)s::uuid[], %(highs)s::uuid[]) call (call_id, low, high)
CROSS JOIN LATERAL (SELECT * FROM metering_usagelog own WHERE own.id >= call.low AND own.id <= call.high
    AND own.reservation_id = call.call_id OFFSET 0) log
WHERE {condition} ORDER BY log.id DESC
""",  # noqa: S608 - as above
        params,
    )


def _lines(query: str, params: dict[str, Any]) -> list[LogLine]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        rows = cursor.fetchall()
        if not rows:
            return []
        of_calls = families([row[0] for row in rows])
        cursor.execute(SUMS, of_calls)
        sums = {row[0]: row[1:] for row in cursor.fetchall()}
        cursor.execute(CORRECTIONS, {**of_calls, "adjust": EntryKind.ADJUST.value})
        corrected = dict(cursor.fetchall())
    return [_line(row, sums[row[0]], int(corrected.get(row[0], 0))) for row in rows]


def families(ids: Sequence[UUID]) -> dict[str, Any]:
    """Calls with the ranges of their rows' ids, as parameters."""
    bounds = [family_of(id_) for id_ in ids]
    return {"ids": list(ids), "lows": [low for low, _ in bounds], "highs": [high for _, high in bounds]}


def _line(row: tuple[Any, ...], sums: tuple[Any, ...], corrected: int) -> LogLine:
    (
        id_,
        outcome,
        tenant,
        team,
        user,
        token,
        task,
        model,
        alias,
        provider,
        agent,
        conversation,
        tags,
        request,
    ) = row
    attempts, vendors, tokens_in, cached, tokens_out, cost, began, ended = sums
    return LogLine(
        id=id_,
        status=OF_OUTCOME[outcome],
        at=began,
        tenant_id=tenant,
        team_id=team,
        user_id=user,
        token_id=token,
        task=task,
        model=model,
        asked_for=alias or "",
        provider=provider,
        attempts=attempts,
        vendors=vendors,
        input_tokens=int(tokens_in),
        cached_input_tokens=int(cached),
        output_tokens=int(tokens_out),
        cost_nano_usd=int(cost) + corrected,
        took_ms=_milliseconds(began, ended),
        agent=agent,
        conversation=conversation,
        tags=tuple(tags),
        request_id=request,
    )


def _milliseconds(began: datetime, ended: datetime) -> int:
    return round((ended - began).total_seconds() * 1000)
