"""Where forking servers are born: a process that has imported what all of them need, whatever their settings.

Half of a forking server's start is these imports; the other half, the gateway itself, reads the settings.
"""

import multiprocessing
import os
import signal
import sys
from multiprocessing.connection import Connection
from typing import Any

IMPORTED = [
    "aiohttp", "celery.app.base", "cryptography.fernet", "django.core.handlers.asgi", "django.core.management",
    "django.db.backends.postgresql.base", "django.db.models", "django.forms", "django.template", "httpx2", "jwt",
    "kombu.transport.redis", "msgspec", "opentelemetry.trace", "prometheus_client", "psycopg.types.json",
    "redis.asyncio", "requests", "sqlparse", "starlette.applications", "structlog", "uvicorn.lifespan.on",
    "uvicorn.protocols.http.h11_impl", "yaml",
]  # fmt: skip
TEMPLATE = multiprocessing.get_context("forkserver")
TEMPLATE.set_forkserver_preload(IMPORTED)


def serve_orders(
    orders: "Connection[Any, Any]", places: int, environment: dict[str, str], log: str | None
) -> None:
    """The body of a forking server's process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.clear()
    os.environ.update(environment)
    if log is not None:
        file = os.open(log, os.O_WRONLY | os.O_APPEND)
        os.dup2(file, sys.stderr.fileno())
        os.close(file)
    from tests.faults.forking_server import main

    main(orders, places)
