"""Writes what calls said, behind them: no call waits for it, and none fails for it.

What is to be kept waits in a queue that is bounded in calls and in bytes; what finds no place there, or cannot be
written, is lost, counted and logged. Redacting and sealing is done in a thread.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import timedelta
from itertools import islice

from django.db import DataError
from django.db import Error as DatabaseError

from metering.content.capture import Said
from metering.content.redact import Finder
from metering.content.sealed import content_of, sealed
from metering.models import CallContent
from metering.orm import in_database_thread

MOST_CALLS = 1_000
MOST_BYTES = 64 * 1024 * 1024
BATCH = 16
FLUSH_S = 0.5
RETRY_S = 5.0
CLOSE_S = 5.0
logger = logging.getLogger(__name__)


class ContentLog:
    """One process's content on its way to the database. For one event loop; writes once it is started."""

    def __init__(
        self, *, more: Finder | None = None, on_lost: Callable[[int], None] = lambda count: None
    ) -> None:
        """`more` finds what the detectors do not."""
        self._more = more
        self._on_lost = on_lost
        self._waiting: deque[Said] = deque()
        self._bytes = 0
        self._something = asyncio.Event()
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.lost = 0

    def add(self, said: Said) -> None:
        """Keep it, soon. Never waits and never fails."""
        if len(self._waiting) >= MOST_CALLS or self._bytes + said.weight > MOST_BYTES:
            self._lose(1, "full")
            return
        self._waiting.append(said)
        self._bytes += said.weight
        self._something.set()

    def start(self) -> None:
        """Write from now on."""
        self._task = asyncio.create_task(self._write_on(), name="content.write")

    async def close(self) -> None:
        """Write what is left, within CLOSE_S; what could not be written is lost and counted."""
        self._closing.set()
        self._something.set()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=CLOSE_S)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._waiting:
            self._lose(len(self._waiting), "closed")
            self._waiting.clear()

    async def flush(self) -> None:
        """Write everything that waits. Raises django.db.Error; what was not written waits on."""
        while self._waiting:
            batch = list(islice(self._waiting, BATCH))
            rows = await asyncio.to_thread(self._rows, batch)
            try:
                await in_database_thread(CallContent.objects.bulk_create, rows, ignore_conflicts=True)
            except DataError as error:  # another try would not change that
                self._lose(len(rows), type(error).__name__)
            for said in batch:
                self._waiting.popleft()
                self._bytes -= said.weight

    async def _write_on(self) -> None:
        while not self._closing.is_set():
            await self._something.wait()
            await self._rest(FLUSH_S)
            self._something.clear()
            try:
                await self.flush()
            except DatabaseError as error:
                logger.warning("content.waiting", extra={"error": type(error).__name__})
                self._something.set()
                await self._rest(RETRY_S)

    async def _rest(self, seconds: float) -> None:
        """Wait, unless the process ends."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()

    def _rows(self, batch: Iterable[Said]) -> list[CallContent]:
        """Sealed. One that cannot be read is lost, not kept as it is."""
        rows = []
        for said in batch:
            try:
                rows.append(_row(said, self._more))
            except Exception as error:  # noqa: BLE001 - what one call said must not keep the others' from being written
                self._lose(1, type(error).__name__)
        return rows

    def _lose(self, count: int, why: str) -> None:
        self.lost += count
        self._on_lost(count)
        logger.warning("content.lost", extra={"calls": count, "why": why})


def _row(said: Said, more: Finder | None) -> CallContent:
    return CallContent(
        reservation_id=said.reservation_id,
        tenant_id=said.tenant_id,
        mode=said.mode,
        content=sealed(content_of(said, more)),
        created_at=said.at,
        expires_at=said.at + timedelta(days=said.keep_days),
    )
