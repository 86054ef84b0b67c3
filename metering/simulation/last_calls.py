"""The calls of the last days as a suspension would have treated them: all refused."""

from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from metering.simulation.both_ways import MOST_LINES, BothWays, begin_of_newest
from metering.simulation.count_calls import count_calls
from metering.simulation.replay import Tally
from metering.usage.filters import UsageFilter

TIMEOUT_MS = 1_200


def every_call_denied(chosen: UsageFilter) -> BothWays:
    """How many there were and what they cost; where that takes too long to add up, of the newest only."""
    since, until = chosen.since, chosen.until
    if since is None or until is None:
        raise ValueError("the calls of a period are asked for")
    result = BothWays(since=since, until=until)
    counted = _count(chosen)
    if counted is None:
        newest = begin_of_newest(chosen, MOST_LINES) or since
        result.since, result.sampled = newest, True
        counted = _count(UsageFilter(tenant=chosen.tenant, since=newest, until=until, only=chosen.only))
        result.of_calls = count_calls(chosen)
    result.total = result.denied = counted or Tally()
    if not result.sampled:
        result.of_calls = result.total.calls
    return result


def _count(chosen: UsageFilter) -> Tally | None:
    params: dict[str, Any] = {}
    condition = chosen.condition(params)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {TIMEOUT_MS}")
            cursor.execute(
                "SELECT count(*) FILTER (WHERE line.attempt = 1), coalesce(sum(line.cost_nano_usd), 0) "  # noqa: S608
                f"FROM metering_usagelog line WHERE line.outcome <> 'cached' AND {condition}",
                params,
            )
            [(calls, cost)] = cursor.fetchall()
            cursor.execute("SET LOCAL statement_timeout = 0")
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            return None
        raise
    return Tally(calls=int(calls), cost_nano_usd=int(cost))
