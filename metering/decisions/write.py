"""Add gathered decisions to the database: a new row, or more of the one that another process has written."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.db import connection, transaction

from metering.decisions.decision import EnforcementDecision
from metering.decisions.trace import MAX_STEPS
from metering.ids import uuid7

MAX_MESSAGE, MAX_LABEL = 500, 128
MOST_REQUESTS = 1_000
"""Of one row: so many of its first requests can be found by their ids (find.py says what of the others)."""


class Key(NamedTuple):
    """What the decisions of one row have in common."""

    minute: datetime
    tenant_id: UUID
    user_id: UUID | None
    token_id: UUID | None
    task: str
    verdict: str
    code: str
    rule: str
    rule_id: UUID | None


@dataclass(slots=True, kw_only=True)
class Gathered:
    """The decisions of one row since it was last written."""

    count: int
    first_at: datetime
    last_at: datetime
    request_id: str
    decision: EnforcementDecision
    digests: list[int] = field(default_factory=list)
    """Of the ids of its requests, up to MOST_REQUESTS."""


REST = ("id", "team_id", "model", "mode", "count", "first_at", "last_at", "message", "request_id", "trace")
SQL = (
    f"WITH written AS (INSERT INTO metering_policydecision AS known ({', '.join(Key._fields + REST)}) "  # noqa: S608 - names from here
    f"VALUES ({', '.join(['%s'] * len(Key._fields + REST))}) ON CONFLICT ({', '.join(Key._fields)}) DO UPDATE "
    "SET count = known.count + EXCLUDED.count, first_at = LEAST(known.first_at, EXCLUDED.first_at), "
    "last_at = GREATEST(known.last_at, EXCLUDED.last_at) RETURNING known.id, known.count) "
    "INSERT INTO metering_decisionrequest (decision_id, digest) "
    "SELECT written.id, new.digest FROM written, unnest(%s::bigint[]) WITH ORDINALITY AS new (digest, place) "
    "WHERE written.count - %s + new.place <= %s"
)


def write_decisions(batch: Mapping[Key, Gathered]) -> None:
    """Add these decisions to their rows, all or none. Raises django.db.Error."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(SQL, [_row(key, item) for key, item in batch.items()])


def _row(key: Key, item: Gathered) -> tuple[Any, ...]:
    decision = item.decision
    trace = [asdict(step) for step in decision.trace[:MAX_STEPS]]
    return (
        *key,
        uuid7(),
        decision.subject.team_id,
        _text(decision.model, MAX_LABEL),
        decision.mode.value,
        item.count,
        item.first_at,
        item.last_at,
        _text(decision.message, MAX_MESSAGE),
        _text(item.request_id, MAX_LABEL),
        msgspec.json.encode(trace).decode(),
        item.digests,
        item.count,
        MOST_REQUESTS,
    )


def _text(value: str, most: int) -> str:
    """What callers wrote, as PostgreSQL can store it."""
    return value.encode("utf-8", "replace").decode().replace("\0", "")[:most]
