"""Transactions about one job: brief, whatever becomes of their process.

A process that is frozen inside of one would keep the job's row locked, and whoever wants to take the job on would wait
for it. PostgreSQL ends such a transaction itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

IDLE_S = 5
"""Longer than any process at work thinks between two statements."""
WAIT_S = 2
"""For another one's lock; then the statement fails with django.db.OperationalError."""


@contextmanager
def brief_transaction() -> Iterator[None]:
    """All or nothing of what the block does. Raises django.db.Error."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                f"SET LOCAL idle_in_transaction_session_timeout = '{IDLE_S}s'; SET LOCAL lock_timeout = '{WAIT_S}s'"
            )
        yield
