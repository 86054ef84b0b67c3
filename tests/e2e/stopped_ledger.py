"""A ledger that writes nothing for a while."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from django.conf import settings


@contextmanager
def ledger_stopped() -> Iterator[Callable[[], bool]]:
    """Nothing is written until the block ends; gives whether a batch waits for that."""
    waiting = (
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'metering_usagereservation'::regclass"
    )
    url = settings.LEDGER_DATABASE_URL
    with psycopg.connect(url, autocommit=True) as watching, psycopg.connect(url) as locking:
        locking.execute("LOCK TABLE metering_usagereservation IN EXCLUSIVE MODE")
        yield lambda: watching.execute(waiting).fetchone() != (0,)
