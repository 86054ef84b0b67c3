"""How much each tenant, team, person or other has used of what a budget counts, by the usage log, in one statement.

It is for looks ahead, which have to be quick: it gives up after a moment, and says so. Corrections by hand and attempts
of which only a later one is use are left out; admission counts them (`ledger/past.py`).
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from metering.amounts import sql_of
from metering.ids import first_id_at
from metering.ledger.use import IS_USE
from metering.types import Dimension, SubjectType

TIMEOUT_MS = 400
NOBODY = UUID(int=0)
SUBJECT = {
    SubjectType.GLOBAL: "''",
    SubjectType.PROVIDER: "provider_name",
    SubjectType.TENANT: "tenant_id::text",
    SubjectType.TEAM: "coalesce(team_id::text, '')",
    SubjectType.USER: "coalesce(user_id::text, token_id::text, '')",
    SubjectType.TOKEN: "coalesce(token_id::text, '')",
    SubjectType.AGENT: "coalesce(agent_id, '')",
    SubjectType.TAG: "tag.name",
    SubjectType.CONVERSATION: "coalesce(conversation_id, '')",
}
"""Whose use a line of the log is, as meters name it (`policy/meter_limits.py`)."""
SHARED = (SubjectType.GLOBAL, SubjectType.PROVIDER)


class Counted(NamedTuple):
    """What a budget counts, and whose use of it."""

    per: SubjectType
    dimension: Dimension
    task: str = ""
    model_class: str = ""


Use = Mapping[tuple[UUID, str], int]
"""What is used, in the ledger's units, by tenant (NOBODY where tenants share it) and subject."""


def use_by_subject(
    counted: Counted, *, tenants: Collection[UUID] | None, since: datetime, until: datetime
) -> Use | None:
    """The use of reservations made in [since, until), of these tenants or (None) of all. None: it takes too long."""
    if counted.dimension is Dimension.CONCURRENCY:
        return {}
    amount = f"sum({sql_of(counted.dimension, 'log')})"
    if counted.dimension is Dimension.REQUESTS:
        amount = f"count(*) FILTER (WHERE log.attempt = 1 AND {IS_USE})"
    each_tag = "CROSS JOIN LATERAL unnest(log.tags) AS tag (name)" if counted.per is SubjectType.TAG else ""
    tenant = f"'{NOBODY}'::uuid" if counted.per in SHARED else "log.tenant_id"
    query = f"""
SELECT {tenant}, {SUBJECT[counted.per]}, {amount} FROM metering_usagelog log {each_tag}
WHERE log.id >= %(since)s AND log.id < %(until)s
    AND (%(tenants)s::uuid[] IS NULL OR log.tenant_id = ANY(%(tenants)s))
    AND (%(task)s = '' OR log.task = %(task)s)
    AND (%(model_class)s = '' OR log.model_class = %(model_class)s)
GROUP BY 1, 2
"""  # noqa: S608 - columns are constants of this package, values are parameters
    values = {
        "since": first_id_at(since),
        "until": first_id_at(until),
        "tenants": list(tenants) if tenants is not None else None,
        "task": counted.task,
        "model_class": counted.model_class,
    }
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {TIMEOUT_MS}")
            cursor.execute("SET LOCAL jit = off")
            cursor.execute(query, values)
            found = {(owner, subject): int(used) for owner, subject, used in cursor.fetchall()}
            cursor.execute("SET LOCAL statement_timeout = 0")
            return found
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            return None
        raise
