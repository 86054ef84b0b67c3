"""Commands that wait for a batch, and which of them make the next one."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any, NamedTuple
from uuid import UUID

from metering.ledger.commands import Command
from metering.ledger.results import Result

SPLIT_ABOVE = 16


class WaitingCommand(NamedTuple):
    """A command, its sender's future, and the monotonic moment to give up."""

    command: Command
    answer: "asyncio.Future[Result]"
    gives_up_s: float


Batch = list[WaitingCommand]


class WaitingCommands:
    """A queue in order of arrival. A reservation is in one batch at a time."""

    def __init__(self, *, connections: int, max_batch: int) -> None:
        self._connections = connections
        self._max_batch = max_batch
        self._waiting: deque[WaitingCommand] = deque()
        self._aside: dict[asyncio.Future[Result], WaitingCommand] = {}
        self._in_flight: set[UUID] = set()
        self._changed = asyncio.Event()
        self._new_answer: Callable[[], asyncio.Future[Result]]

    def belong_to(self, loop: asyncio.AbstractEventLoop) -> None:
        """Set the event loop in which answers will come. Call it before the first command."""
        self._new_answer = loop.create_future

    def __len__(self) -> int:
        return len(self._waiting) + len(self._aside)

    @property
    def in_flight(self) -> int:
        """Count the commands that are in batches now."""
        return len(self._in_flight)

    def add(self, command: Command, gives_up_s: float) -> "asyncio.Future[Result]":
        """Queue a command. The answer will come in the future that is returned."""
        answer = self._new_answer()
        self._waiting.append(WaitingCommand(command, answer, gives_up_s))
        self._changed.set()
        return answer

    def wake(self) -> None:
        """Let every connection look again."""
        self._changed.set()

    async def change(self) -> None:
        """Wait until there is something new."""
        self._changed.clear()
        await self._changed.wait()

    def take_batch(self) -> Batch:
        """Take the next ones. A command whose reservation is in flight ends the batch: it starts a later one.

        It takes nothing while another connection's batch is more than twice as large as what waits: a batch costs the
        same few statements however small it is, so few and even batches serve all sooner than many small ones.
        """
        share = len(self._waiting)
        if share < len(self._in_flight) // 2:
            return []
        if share > SPLIT_ABOVE and not self._in_flight:
            share = -(-share // self._connections)
        batch: Batch = []
        while self._waiting and len(batch) < min(share, self._max_batch):
            reservation_id = self._waiting[0].command.reservation_id
            if reservation_id in self._in_flight:
                break
            self._in_flight.add(reservation_id)
            batch.append(self._waiting.popleft())
        if self._waiting:
            self._changed.set()
        return batch

    def has_ended(self, batch: Sequence[WaitingCommand]) -> None:
        """Let its reservations be in other batches from now on."""
        self._in_flight.difference_update([item.command.reservation_id for item in batch])

    def put_aside(
        self, batch: Sequence[WaitingCommand], until: "asyncio.Future[Any]", late: Exception
    ) -> None:
        """Let these wait for something else and then come first; whoever's moment passes meanwhile is told `late`."""
        for item in batch:
            self._aside[item.answer] = item
            pause_s = max(0.0, item.gives_up_s - monotonic())
            item.answer.get_loop().call_later(pause_s, self._give_up, item, late)
        until.add_done_callback(lambda _: self._take_back(batch))

    def _give_up(self, item: WaitingCommand, late: Exception) -> None:
        if self._aside.pop(item.answer, None) is not None:
            fail([item], late)

    def _take_back(self, batch: Sequence[WaitingCommand]) -> None:
        back = [item for item in batch if self._aside.pop(item.answer, None) is not None]
        self._waiting.extendleft(reversed(back))
        self._changed.set()

    def take_late(self) -> Batch:
        """Take those at the head whose moment has passed."""
        moment_s = monotonic()
        late: Batch = []
        while self._waiting and self._waiting[0].gives_up_s <= moment_s:
            late.append(self._waiting.popleft())
        return late

    def take_all(self) -> Batch:
        """Take everything that waits."""
        taken = [*self._aside.values(), *self._waiting]
        self._waiting.clear()
        self._aside.clear()
        return taken


def deliver(batch: Sequence[WaitingCommand], results: Sequence[Result]) -> None:
    """Wake each sender who still waits."""
    for item, result in zip(batch, results, strict=True):
        if not item.answer.done():
            item.answer.set_result(result)


def fail(batch: Sequence[WaitingCommand], error: Exception) -> None:
    """Tell everybody who was not answered."""
    for item in batch:
        if not item.answer.done():
            item.answer.set_exception(error)
