"""Keeps decisions: aggregated in memory, written off the hot path in bounded batches.

One row for each principal, rule and minute, so that a flood of denials neither fills the database nor slows a call.
While the database is away, what was gathered waits. Beyond MAX_GATHERED principals and rules, decisions are counted for
their tenant and rule without the principal; what even then finds no place is counted in `lost`, never dropped silently.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from django.db import DataError
from django.db import Error as DatabaseError

from metering.decisions.decision import EnforcementDecision
from metering.decisions.find import request_digest
from metering.decisions.write import MOST_REQUESTS, Gathered, Key, write_decisions
from metering.orm import in_database_thread
from metering.write_behind import WriteBehind

FLUSH_S = 1.0
BATCH = 500
MAX_GATHERED = 5_000
MAX_REQUESTS = 50_000
"""Ids of requests that wait, of all rows together."""
MAX_FOLDED = 1_000
"""Rows without a principal, beyond MAX_GATHERED."""
SAMPLE_EVERY = 1_000
"""Of so many calls that nothing denied, one is kept."""
logger = logging.getLogger(__name__)


class DecisionLog:
    """One process's decisions on their way to the database. For one event loop; writes once it is started."""

    def __init__(
        self, *, sample_every: int = SAMPLE_EVERY, on_lost: Callable[[int], None] = lambda count: None
    ) -> None:
        self._sample_every = sample_every
        self._until_sample = sample_every
        self._on_lost = on_lost
        self._gathered: dict[Key, Gathered] = {}
        self._requests = 0
        self._writing = WriteBehind(self.flush, subject="decisions", every_s=FLUSH_S)
        self.lost = 0

    def is_sampled(self) -> bool:
        """Whether this call, one in many, is kept although nothing denied it."""
        self._until_sample -= 1
        if self._until_sample > 0:
            return False
        self._until_sample = self._sample_every
        return True

    def note(
        self,
        key: Key,
        decide: Callable[[], EnforcementDecision],
        *,
        at: datetime,
        request_id: str,
    ) -> None:
        """Count a decision; `decide` makes the first of its row, with the trace. Never waits and never fails."""
        known = self._gathered.get(key)
        if known is None:
            key = self._place_for(key)
            known = self._gathered.get(key)
        if known is not None:
            known.count += 1
            known.last_at = at
        elif len(self._gathered) >= MAX_GATHERED + MAX_FOLDED:
            self._lose(1)
            return
        else:
            known = self._gathered[key] = Gathered(
                count=1, first_at=at, last_at=at, request_id=request_id, decision=decide()
            )
            self._writing.note()
        if self._requests < MAX_REQUESTS and len(known.digests) < MOST_REQUESTS:
            known.digests.append(request_digest(request_id))
            self._requests += 1

    def start(self) -> None:
        """Write to the database from now on."""
        self._writing.start()

    async def close(self) -> None:
        """Write what is left, within some seconds; what could not be written is lost and counted."""
        await self._writing.close()
        if self._gathered:
            self._lose(sum(item.count for item in self._gathered.values()))
            self._gathered.clear()

    async def flush(self) -> None:
        """Write everything gathered so far. Raises django.db.Error; what was not written is kept."""
        while self._gathered:
            # Sorted, so that processes that write the same rows never wait for each other in a circle.
            keys = sorted(list(self._gathered)[:BATCH], key=str)
            batch = {key: self._gathered.pop(key) for key in keys}
            self._requests -= sum(len(item.digests) for item in batch.values())
            try:
                await in_database_thread(write_decisions, batch)
            except Exception as error:
                if isinstance(error, DatabaseError) and not isinstance(error, DataError):
                    self._take_back(batch)
                    raise
                logger.exception("decisions.unwritable")  # another try would not change that
                self._lose(sum(item.count for item in batch.values()))
            except asyncio.CancelledError:
                self._take_back(batch)  # perhaps it was written: `close` counts it as lost
                raise

    def _place_for(self, key: Key) -> Key:
        if len(self._gathered) < MAX_GATHERED:
            return key
        return key._replace(user_id=None, token_id=None)

    def _take_back(self, batch: dict[Key, Gathered]) -> None:
        for key, item in batch.items():
            known = self._gathered.get(key)
            if known is None:
                self._gathered[key] = item
                self._requests += len(item.digests)
            else:
                known.count += item.count
                known.first_at = min(known.first_at, item.first_at)
                more = item.digests[: MOST_REQUESTS - len(known.digests)]
                known.digests += more
                self._requests += len(more)

    def _lose(self, count: int) -> None:
        self.lost += count
        self._on_lost(count)
