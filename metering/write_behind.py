"""Writes what has gathered in a process to the database behind its calls, so that none of them waits for it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from django.db import Error as DatabaseError

RETRY_S = 5.0
CLOSE_S = 5.0
logger = logging.getLogger(__name__)


class WriteBehind:
    """Flushes soon after something has come, and again later while the database is away. For one event loop."""

    def __init__(self, flush: Callable[[], Awaitable[None]], *, subject: str, every_s: float) -> None:
        """`flush` writes all that has gathered, and raises django.db.Error while the database is away.

        What comes is gathered for `every_s` before it is flushed. `subject` is what the log calls it.
        """
        self._flush = flush
        self._subject = subject
        self._every_s = every_s
        self._has_some = asyncio.Event()
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def note(self) -> None:
        """There is something to write. Never waits and never fails."""
        self._has_some.set()

    def start(self) -> None:
        """Write from now on."""
        self._task = asyncio.create_task(self._write_on(), name=f"{self._subject}.write")

    async def close(self) -> None:
        """Write what is left, within CLOSE_S. What has not been written then is its owner's to count."""
        self._closing.set()
        self._has_some.set()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=CLOSE_S)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _write_on(self) -> None:
        while not self._closing.is_set():
            await self._has_some.wait()
            await self._rest(self._every_s)
            self._has_some.clear()
            try:
                await self._flush()
            except DatabaseError as error:
                logger.warning(f"{self._subject}.waiting", extra={"error": type(error).__name__})
                self._has_some.set()
                await self._rest(RETRY_S)

    async def _rest(self, seconds: float) -> None:
        """Wait, unless the process ends."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()
