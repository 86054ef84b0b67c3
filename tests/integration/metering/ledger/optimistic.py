"""Counts the batches that are decided on what a process remembers, without locks."""

import pytest

from metering.ledger.postgres.store import OptimisticBatch


class OptimisticBatches:
    """Counts the batches that were tried and those that were committed optimistically."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tried = self.done = 0
        run = OptimisticBatch.run

        async def counted(batch: OptimisticBatch, *facts: object) -> object:
            self.tried += 1
            results = await run(batch, *facts)  # type: ignore[arg-type]
            self.done += 1
            return results

        monkeypatch.setattr(OptimisticBatch, "run", counted)
