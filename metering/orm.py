"""The one way from async code to the ORM: a small pool of threads that never keep a stale connection."""

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import ParamSpec, TypeVar

from django.db import close_old_connections, connections

P = ParamSpec("P")
T = TypeVar("T")

DATABASE_THREADS = 4
"""Each keeps one connection. Enough, because warm requests do not come here."""

CLOSE_TIMEOUT_S = 30.0

_threads = ThreadPoolExecutor(DATABASE_THREADS, thread_name_prefix="orm")


def _renew_threads() -> None:
    """A forked child has none of its parent's threads."""
    global _threads
    _threads = ThreadPoolExecutor(DATABASE_THREADS, thread_name_prefix="orm")


def close_database_threads() -> None:
    """Wait for what runs and close every thread's connections; the next use opens new ones."""
    # The barrier keeps each thread busy until all have one of these jobs, so that none is left out.
    together = threading.Barrier(DATABASE_THREADS)

    def close() -> None:
        together.wait(CLOSE_TIMEOUT_S)
        connections.close_all()

    for job in [_threads.submit(close) for _ in range(DATABASE_THREADS)]:
        job.result(CLOSE_TIMEOUT_S)


os.register_at_fork(after_in_child=_renew_threads)


async def in_database_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a sync function that uses the ORM; its errors are raised here. For short queries only.

    Connections that broke or outlived CONN_MAX_AGE are closed before and after, as Django does
    around a request. The function keeps its thread if the caller is cancelled.
    """
    context = copy_context()

    def guarded() -> T:
        close_old_connections()
        try:
            return function(*args, **kwargs)
        finally:
            close_old_connections()

    return await asyncio.get_running_loop().run_in_executor(_threads, context.run, guarded)
