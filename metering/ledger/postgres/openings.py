"""Looking back for meters beside the batches, so that only the calls that need a meter wait for it."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import psycopg

from metering.ledger.postgres.opening import Late, look_back

MAX_AT_ONCE = 2
"""Connections of a process that look back at the same time."""
PAUSE_S = 0.1
log = logging.getLogger(__name__)


class Openings:
    """Looks back for the batches of a process: once for each meter, beside the batches."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._running: dict[int, asyncio.Task[None]] = {}
        self._turns = asyncio.Semaphore(MAX_AT_ONCE)

    def begin(self, meters: Sequence[Late]) -> "asyncio.Future[Any]":
        """Begin to make these meters right. The future is done when it was tried."""
        new = [meter for meter in meters if meter.meter_id not in self._running]
        if new:
            task = asyncio.create_task(self._in_turn(new), name="ledger-opening")
            self._running.update((meter.meter_id, task) for meter in new)
            task.add_done_callback(self._forget)
        return asyncio.gather(*{self._running[meter.meter_id] for meter in meters}, return_exceptions=True)

    async def close(self) -> None:
        """Break off what is still looked for: whoever needs it begins again."""
        running = set(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _in_turn(self, meters: Sequence[Late]) -> None:
        async with self._turns:
            try:
                await look_back(self._conninfo, meters)
            except (psycopg.Error, OSError) as error:
                log.warning("ledger.opening_failed", extra={"error": type(error).__name__})
            except Exception:
                log.exception("ledger.opening_failed")
            else:
                return
            await asyncio.sleep(PAUSE_S)  # whoever waits for it begins it again

    def _forget(self, ended: "asyncio.Task[None]") -> None:
        self._running = {meter_id: task for meter_id, task in self._running.items() if task is not ended}
