"""In which order the ledger carried out what waited at the same time."""

from collections.abc import Sequence
from itertools import count
from typing import Any

import pytest

from metering.ledger import commands
from metering.ledger.postgres.locked import LockedBatch
from metering.ledger.postgres.process_cache import ProcessCache
from metering.ledger.postgres.store import OptimisticBatch
from metering.ledger.postgres.wire import Wire
from tests.integration.metering.ledger.model import Answer
from tests.integration.metering.ledger.steps import Step

Asked = tuple[commands.Command, Step, Answer]
Told = tuple[Step, Answer | None]


class Spy:
    """Stands in the store, behind the locks, and notes in which order it met the commands; the last time counts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._done: dict[int, int] = {}
        self.optimistic = 0
        """Batches that were committed optimistically."""
        clock, lock_meters, run = count(), LockedBatch._lock_meters, OptimisticBatch.run

        def note(batch: Sequence[commands.Command]) -> None:
            self._done.update({id(command): next(clock) for command in batch})

        async def lock_noted(batch: LockedBatch, *facts: Any) -> None:
            await lock_meters(batch, *facts)
            note(batch.commands)

        async def run_noted(batch: OptimisticBatch, wire: Wire, cache: ProcessCache, on_step: Any) -> Any:
            results = await run(
                batch, wire, cache, lambda step: note(batch.commands) if step == "after_lock" else None
            )
            self.optimistic += 1
            return results

        monkeypatch.setattr(LockedBatch, "_lock_meters", lock_noted)
        monkeypatch.setattr(OptimisticBatch, "run", run_noted)

    def in_order(self, asked: Sequence[Asked]) -> list[Told]:
        """Sorted as carried out."""
        done = sorted(asked, key=lambda each: self._done.get(id(each[0]), -1))
        return [(step, answer) for _, step, answer in done]
