"""Closes a request's database connection when the request ends.

Under ASGI every request of Django's runs in a thread of its own, so nobody would use its connection again. The few
threads that stay (`metering/orm.py`) keep theirs for `CONN_MAX_AGE`.
"""

from typing import Any

from django.core.signals import request_finished
from django.db import connections


def close_after_requests() -> None:
    """Close them from now on, in this process."""
    request_finished.connect(_close, dispatch_uid="gateway.close_after_requests")


def _close(**_: Any) -> None:
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()
