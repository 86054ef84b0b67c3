"""The one way from async code to the ORM: a small pool of threads that never keep a stale connection."""

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import close_old_connections, connections

P = ParamSpec("P")
T = TypeVar("T")

DATABASE_THREADS = 4
"""Each keeps one connection. Enough, because warm requests do not come here."""

CLOSE_TIMEOUT_S = 30.0

REPORT_THREADS = 2
"""For what may take seconds, so that it never keeps a request waiting. More reports at once wait for these."""


class _Pool:
    """Threads that are made again in a forked child, which has none of its parent's."""

    def __init__(self, threads: int, name: str) -> None:
        self.threads, self._name = threads, name
        self.renew()
        os.register_at_fork(after_in_child=self.renew)

    def renew(self) -> None:
        self.executor = ThreadPoolExecutor(self.threads, thread_name_prefix=self._name)

    def close_connections(self) -> None:
        # The barrier keeps each thread busy until all have one of these jobs, so that none is left out.
        together = threading.Barrier(self.threads)

        def close() -> None:
            together.wait(CLOSE_TIMEOUT_S)
            connections.close_all()

        for job in [self.executor.submit(close) for _ in range(self.threads)]:
            job.result(CLOSE_TIMEOUT_S)


_requests = _Pool(DATABASE_THREADS, "orm")
_reports = _Pool(REPORT_THREADS, "reports")


def close_database_threads() -> None:
    """Wait for what runs and close every thread's connections; the next use opens new ones."""
    for pool in (_requests, _reports):
        pool.close_connections()


async def in_database_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a sync function that uses the ORM; its errors are raised here. For short queries only.

    Connections that broke or outlived CONN_MAX_AGE are closed before and after, as Django does
    around a request. The function keeps its thread if the caller is cancelled.
    """
    return await _in(_requests, partial(function, *args, **kwargs))


async def in_report_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """As `in_database_thread`, for queries that may take seconds."""
    return await _in(_reports, partial(function, *args, **kwargs))


async def _in(pool: _Pool, function: Callable[[], T]) -> T:
    context = copy_context()

    def guarded() -> T:
        close_old_connections()
        try:
            return function()
        finally:
            close_old_connections()

    return await asyncio.get_running_loop().run_in_executor(pool.executor, context.run, guarded)
