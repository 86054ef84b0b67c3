"""Writes what calls said, behind them: no call waits for it, and none fails for it.

What is to be kept waits in a queue that is bounded in calls and in bytes; what finds no place there, or cannot be
written, is lost, counted and logged. Redacting and sealing is done in a thread.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import islice

from django.db import DataError

from metering.content.capture import Said
from metering.content.redact import Finder
from metering.content.sealed import content_of, sealed
from metering.models import CallContent
from metering.orm import in_database_thread
from metering.write_behind import WriteBehind

MOST_CALLS = 1_000
MOST_BYTES = 64 * 1024 * 1024
BATCH = 16
FLUSH_S = 0.5
logger = logging.getLogger(__name__)


class ContentLog:
    """One process's content on its way to the database. For one event loop; writes once it is started."""

    def __init__(
        self, *, more: Finder | None = None, on_lost: Callable[[int], None] = lambda count: None
    ) -> None:
        """`more` finds private things that the detectors do not; `on_lost` is told how many calls were lost."""
        self._more = more
        self._on_lost = on_lost
        self._waiting: deque[Said] = deque()
        self._bytes = 0
        self._writing = WriteBehind(self.flush, subject="content", every_s=FLUSH_S)
        self.lost = 0

    def add(self, said: Said) -> None:
        """Let what a call said be kept soon. Never waits and never fails."""
        if len(self._waiting) >= MOST_CALLS or self._bytes + said.weight > MOST_BYTES:
            self._lose(1, "full")
            return
        self._waiting.append(said)
        self._bytes += said.weight
        self._writing.note()

    def start(self) -> None:
        """Write to the database from now on."""
        self._writing.start()

    async def close(self) -> None:
        """Write what is left, within some seconds; what could not be written is lost and counted."""
        await self._writing.close()
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

    def _rows(self, batch: Iterable[Said]) -> list[CallContent]:
        """Return sealed rows. What cannot be looked through is lost, and not kept as it is."""
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
