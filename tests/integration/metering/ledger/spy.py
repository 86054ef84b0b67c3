"""In which order the ledger carried out what waited at the same time."""

from collections.abc import Sequence
from itertools import count
from typing import Any

import pytest

from metering.ledger import commands
from metering.ledger.postgres.store import PostgresStore
from metering.ledger.postgres.wire import Wire
from tests.integration.metering.ledger.model import Answer
from tests.integration.metering.ledger.steps import Step

Asked = tuple[commands.Command, Step, Answer]
Told = tuple[Step, Answer | None]


class Spy:
    """Stands in the store, behind the locks, and notes in which order it met the commands; the last time counts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._done: dict[int, int] = {}
        clock, lock_meters = count(), PostgresStore._lock_meters

        async def noted(
            store: PostgresStore, wire: Wire, batch: Sequence[commands.Command], *facts: Any
        ) -> None:
            await lock_meters(store, wire, batch, *facts)
            self._done.update({id(command): next(clock) for command in batch})

        monkeypatch.setattr(PostgresStore, "_lock_meters", noted)

    def in_order(self, asked: Sequence[Asked]) -> list[Told]:
        """Sorted as carried out."""
        done = sorted(asked, key=lambda each: self._done.get(id(each[0]), -1))
        return [(step, answer) for _, step, answer in done]
