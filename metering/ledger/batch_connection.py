"""Commands wait for a batch; a connection carries it out: it tries again, takes apart what is at fault, and answers.

A batch whose fate is unknown (lost connection, lost COMMIT reply) is sent again with the same ids, which the state
table makes harmless."""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg import errors as pg

from metering.errors import InvalidRequest, MeteringUnavailable
from metering.ledger.commands import Command, Release
from metering.ledger.postgres.conflict import BatchConflict, MustLookBack, UnknownReleased
from metering.ledger.postgres.store import PostgresStore
from metering.ledger.postgres.wire import StepObserver
from metering.ledger.results import Result

BATCH_TIMEOUT_S = 5.0
"""For one try on an open connection: longer than the database lets a transaction last."""
FIND_PRIMARY_TIMEOUT_S = 7.0
"""For finding the primary among up to three hosts, of which two may be switched off and say nothing."""
RETRY_PAUSE_S = 0.05
MAX_COLLISIONS = 3
NOT_IN_TIME = "The ledger's database did not answer in time."
POISON = (
    pg.DataError,
    pg.IntegrityError,
    pg.ProgrammingError,
    pg.NotSupportedError,
    pg.ProgramLimitExceeded,
    pg.InternalError_,
    pg.DataCorrupted,
    pg.IndexCorrupted,
)
"""What trying again as it was cannot mend: the command, or a row that it touches, is at fault."""
SPLIT_ABOVE = 16
log = logging.getLogger(__name__)


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


class BatchConnection:
    """Carries out one batch at a time."""

    def __init__(
        self,
        store: PostgresStore,
        waiting: WaitingCommands,
        *,
        on_step: StepObserver | None,
        on_batch: Callable[[int], None],
        reached: Callable[[bool], None],
    ) -> None:
        """`on_batch` is told how many commands a committed batch had, `reached` whether a try reached the database."""
        self._store = store
        self._waiting = waiting
        self._on_step = on_step
        self._on_batch = on_batch
        self._reached = reached
        self.aside: list[tuple[Batch, asyncio.Future[Any]]] = []
        """What the batch left behind because it waits for a meter that is being opened."""

    async def close(self) -> None:
        """Close the connection to the database."""
        await self._store.close()

    async def carry_out(self, batch: Batch) -> None:
        """Try until the batch is answered, or put aside, or its deadline has passed."""
        collisions = 0
        while batch:
            try:
                async with asyncio.timeout(FIND_PRIMARY_TIMEOUT_S):
                    await self._store.open()
                async with asyncio.timeout(BATCH_TIMEOUT_S):
                    results = await self._store.run([item.command for item in batch])
            except UnknownReleased as unknown:
                await self._let_go_alone(batch, unknown.releases)
                return
            except MustLookBack as late:
                aside = [item for item in batch if item.command.reservation_id in late.reservations]
                self.aside.append((aside, late.opened))
                batch = [item for item in batch if item.command.reservation_id not in late.reservations]
            except POISON as error:
                await self._store.close()
                # A reserve that another process is inserting is found there by the next try.
                collisions += isinstance(error, pg.UniqueViolation)
                if not 0 < collisions <= MAX_COLLISIONS:
                    await self._isolate(batch, error)
                    return
            except (psycopg.Error, BatchConflict, OSError, TimeoutError) as error:
                await self._store.close()
                batch = await self._pause(batch, error)
            except Exception:
                log.exception("ledger.batch_failed", extra={"commands": len(batch)})
                await self._store.close()
                return
            else:
                self._reached(True)
                if self._on_step is not None:
                    self._on_step("before_answer")
                deliver(batch, results)
                self._on_batch(len(batch))
                return

    async def _let_go_alone(self, batch: Batch, releases: Sequence[Release]) -> None:
        """Carry out each of these releases in its own transaction, and what comes between them together, in order."""
        alone = {release.reservation_id for release in releases}
        company: Batch = []
        for item in batch:
            if item.command.reservation_id in alone:
                await self.carry_out(_in_time(company))
                await self.carry_out(_in_time([item]))
                company = []
            else:
                company.append(item)
        await self.carry_out(_in_time(company))

    async def _isolate(self, batch: Batch, error: psycopg.Error) -> None:
        """Try halves of the batch, then single commands: one that the database refuses must not sink the others."""
        if len(batch) > 1:
            middle = len(batch) // 2
            await self.carry_out(_in_time(batch[:middle]))
            await self.carry_out(_in_time(batch[middle:]))
            return
        log.error("ledger.command_refused", extra={"sqlstate": error.sqlstate})
        fail(batch, InvalidRequest("The ledger's database refused the command."))

    async def _pause(self, batch: Batch, error: Exception) -> Batch:
        """Wait a moment, give up what is past its deadline, and return what is left to try."""
        if not isinstance(error, BatchConflict):
            self._reached(False)
        log.warning(
            "ledger.retry",
            extra={"error": type(error).__name__, "sqlstate": getattr(error, "sqlstate", None)},
        )
        fail(self._waiting.take_late(), MeteringUnavailable(NOT_IN_TIME))
        in_time = _in_time(batch)
        await asyncio.sleep(RETRY_PAUSE_S * (0.5 + random.random()))  # noqa: S311
        return in_time


def _in_time(batch: Batch) -> Batch:
    """Return what may still be tried, and give up what is past its deadline."""
    moment_s = monotonic()
    fail([item for item in batch if item.gives_up_s <= moment_s], MeteringUnavailable(NOT_IN_TIME))
    return [item for item in batch if item.gives_up_s > moment_s]
