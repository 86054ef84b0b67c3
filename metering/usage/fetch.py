"""Reads sums from the ledger's database, which has better things to do: bounded in time, in words for who asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import DataError, OperationalError, connection, transaction
from psycopg.errors import InvalidParameterValue, QueryCanceled

from metering.errors import InvalidRequest
from metering.time_zones import unusable

TIMEOUT_S = 60
"""For one query that somebody waits for."""


_is_prepared: ContextVar[bool] = ContextVar("is_prepared", default=False)


@contextmanager
def prepared() -> Iterator[None]:
    """Inside a transaction that is given up if a query of it fails: the settings are made once for all queries of
    `fetch`, which then needs no savepoints.
    """
    with connection.cursor() as cursor:
        cursor.execute(_settings(TIMEOUT_S))
    before = _is_prepared.set(True)
    try:
        yield
    finally:
        _is_prepared.reset(before)


def fetch(query: str, params: dict[str, Any], *, timeout_s: int = TIMEOUT_S) -> list[dict[str, Any]]:
    """The rows by their columns' names; `zone` in `params` is the time zone that the query reckons with.

    Raises InvalidRequest where it takes longer than `timeout_s`, and for a zone that PostgreSQL does not know.
    """
    try:
        if _is_prepared.get() and timeout_s == TIMEOUT_S:
            return _rows(query, params)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(_settings(timeout_s))
            return _rows(query, params)
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise InvalidRequest(
                "This report takes too long; ask for a shorter time.", param="since"
            ) from error
        raise
    except DataError as error:
        if isinstance(error.__cause__, InvalidParameterValue) and "zone" in params:
            raise unusable(params["zone"]) from error
        raise


def _rows(query: str, params: dict[str, Any]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]


def _settings(timeout_s: int) -> str:
    return f"SET LOCAL statement_timeout = '{timeout_s}s'; SET LOCAL jit = off; SET LOCAL work_mem = '64MB'"
