"""The log: calls and refusals as one list, newest first, that holds still while it grows.

A page ends with the id of its last line, and the next one begins before that id: what comes meanwhile has larger ids.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from uuid import UUID

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from metering.activity.asked import Asked
from metering.activity.line import LogLine
from metering.activity.logged import logged_calls
from metering.activity.refusals import refusals
from metering.activity.unlogged import unlogged_calls
from metering.errors import InvalidRequest

TIMEOUT_S = 10
"""For one query of a page: filters that no index knows look through what others left."""
MAX_DAYS = 92
"""At once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Lines, newest first, and before which one the next page begins; None: there are no more."""

    lines: list[LogLine]
    next: UUID | None


def activity_page(asked: Asked, *, limit: int, before: UUID | None = None) -> Page:
    """At most `limit` lines from before the one with this id. Raises InvalidRequest where the search takes too long."""
    with in_time():
        # In this order, a call that ends meanwhile is in both of the first two, and not in neither.
        unlogged = unlogged_calls(asked, before=before, limit=limit + 1) if asked.wants_unlogged else []
        logged = logged_calls(asked, before=before, limit=limit + 1) if asked.wants_logged else []
        refused = refusals(asked, before=before, limit=limit + 1) if asked.wants_refusals else []
    newest_first = merge(logged, unlogged, refused, key=lambda line: line.id, reverse=True)
    found = list(islice(_once(newest_first), limit + 1))
    return Page(lines=found[:limit], next=found[limit - 1].id if len(found) > limit else None)


@contextmanager
def in_time(seconds: float = TIMEOUT_S) -> Iterator[None]:
    """Bound each query within it. Raises InvalidRequest, in words, for one that takes longer."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = '{round(seconds * 1000)}ms'")
            cursor.execute("SET LOCAL jit = off")
            yield
            cursor.execute("SET LOCAL statement_timeout TO DEFAULT")
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise InvalidRequest(
                "There is too much to look through; ask for a shorter time, or for one tenant.",
                param="since",
            ) from error
        raise


def _once(lines: Iterator[LogLine]) -> Iterator[LogLine]:
    last: UUID | None = None
    for line in lines:
        if line.id != last:
            yield line
        last = line.id
