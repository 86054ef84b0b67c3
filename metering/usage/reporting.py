"""Reports are read from the reporting database, where there is one: a standby that follows the main one."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connections, transaction

ALIAS = "reporting"
"""In Django's DATABASES."""


@contextmanager
def reporting_database() -> Iterator[None]:
    """What is read inside, by this thread, is read there. In a transaction that has begun before it goes on being read
    where that is.
    """
    if ALIAS not in connections.settings or transaction.get_connection().in_atomic_block:
        yield
        return
    main = connections[DEFAULT_DB_ALIAS]
    connections[DEFAULT_DB_ALIAS] = connections[ALIAS]
    try:
        yield
    finally:
        connections[DEFAULT_DB_ALIAS] = main
