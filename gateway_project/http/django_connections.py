"""Under ASGI every request of Django's runs in a thread of its own, so nobody would use its connection again.

`CONN_MAX_AGE` keeps those of the few threads that stay (`metering/orm.py`); a request's ends with the request.
"""

from typing import Any

from django.core.signals import request_finished
from django.db import connections


def close_after_requests() -> None:
    """Makes this process close a request's database connections when the request ends."""
    request_finished.connect(_close, dispatch_uid="gateway.close_after_requests")


def _close(**_: Any) -> None:
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()
