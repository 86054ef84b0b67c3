"""How many calls of the log there are, for looks ahead that have to be quick: counted in a moment, or not at all."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import OperationalError, connection, transaction
from django.db.models import Count
from django.db.models.expressions import RawSQL
from psycopg.errors import QueryCanceled

from metering.types import Outcome
from metering.usage.filters import UsageFilter

T = TypeVar("T")
COUNT_MS = 300


def count_calls(chosen: UsageFilter) -> int | None:
    """How many calls there are. None: counting them takes too long."""
    return _in_time(_calls(chosen).count)


def count_by_stretch(
    chosen: UsageFilter, since: datetime, length: timedelta, *, stretches: int
) -> dict[int, int] | None:
    """How many there are in each stretch, by its place. None: counting them takes too long."""
    place: Any = RawSQL(
        "floor(extract(epoch FROM metering_moment(id) - %s) / %s)::int", (since, length.total_seconds())
    )
    rows = _calls(chosen).annotate(place=place).order_by().values("place").annotate(n=Count("pk"))
    return _in_time(lambda: {min(row["place"], stretches - 1): row["n"] for row in rows})


def _calls(chosen: UsageFilter) -> Any:
    return chosen.rows().exclude(outcome=Outcome.CACHED).filter(attempt=1)


def _in_time(ask: Callable[[], T]) -> T | None:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {COUNT_MS}")
            found = ask()
            cursor.execute("SET LOCAL statement_timeout = 0")
            return found
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            return None
        raise
