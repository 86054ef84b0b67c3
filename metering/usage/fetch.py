"""Reads sums from the ledger's database, which has better things to do: bounded in time, in words for who asked."""

from typing import Any

from django.db import DataError, OperationalError, connection, transaction
from psycopg.errors import InvalidParameterValue, QueryCanceled

from metering.errors import InvalidRequest
from metering.time_zones import unusable

TIMEOUT_S = 60
"""For one query that somebody waits for."""


def fetch(query: str, params: dict[str, Any], *, timeout_s: int = TIMEOUT_S) -> list[dict[str, Any]]:
    """The rows by their columns' names; `zone` in `params` is the time zone that the query reckons with.

    Raises InvalidRequest where it takes longer than `timeout_s`, and for a zone that PostgreSQL does not know.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_settings(timeout_s))
            cursor.execute(query, params)
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
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


def _settings(timeout_s: int) -> str:
    return f"SET LOCAL statement_timeout = '{timeout_s}s'; SET LOCAL jit = off; SET LOCAL work_mem = '64MB'"
