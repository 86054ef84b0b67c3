"""Counts the batches that are decided on what a process remembers."""

import pytest

from metering.ledger.postgres.foreseen import ForeseenBatch


class Foreseen:
    """Counts the batches that were tried and those that were committed as foreseen."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tried = self.done = 0
        run = ForeseenBatch.run

        async def counted(batch: ForeseenBatch, *facts: object) -> object:
            self.tried += 1
            results = await run(batch, *facts)  # type: ignore[arg-type]
            self.done += 1
            return results

        monkeypatch.setattr(ForeseenBatch, "run", counted)
