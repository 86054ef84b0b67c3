"""The naturally batching writer: what arrived while the last batch was committing is the next batch.

One writer for each process and ledger database. An answer is given only after its COMMIT. A batch
whose fate is unknown (lost connection, lost COMMIT reply) is sent again with the same ids, which
the state table makes harmless.
"""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic
from uuid import UUID

import psycopg
from psycopg import errors as pg

from metering.errors import InvalidRequest, LedgerOverloaded, MeteringUnavailable
from metering.ledger.check import check_command
from metering.ledger.commands import Command
from metering.ledger.postgres.foresight import Foresight
from metering.ledger.postgres.outdated import BatchOutdated
from metering.ledger.postgres.store import PostgresStore
from metering.ledger.postgres.windows import WindowCache
from metering.ledger.postgres.wire import Step
from metering.ledger.results import Result

LANES = 2
"""Connections that take batches in turn: while one waits for its COMMIT, Python prepares the other's."""
SPLIT_ABOVE = 16
MAX_BATCH = 512
MAX_WAITING = 20_000
DEADLINE_S = 10.0
"""How long a command may be retried before its sender is told that the ledger is away."""
BATCH_TIMEOUT_S = 5.0
"""For one try: longer than the database lets a transaction last."""
RETRY_PAUSE_S = 0.05
MAX_COLLISIONS = 3
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
log = logging.getLogger(__name__)

Waiting = tuple[Command, asyncio.Future[Result], float]
"""A command, its sender's future, and the monotonic moment to give up."""


class LedgerWriter:
    """Implements the Ledger port on PostgreSQL. Belongs to the event loop that started it."""

    def __init__(
        self,
        conninfo: str,
        *,
        on_step: Step | None = None,
        on_batch: Callable[[int], None] = lambda commands: None,
        max_batch: int = MAX_BATCH,
    ) -> None:
        """`on_batch` is told how many commands each committed batch had."""
        windows = WindowCache()
        foresight = Foresight(windows)
        self._lanes = [
            PostgresStore(conninfo, windows, foresight=foresight, on_step=on_step) for _ in range(LANES)
        ]
        self._tasks: list[asyncio.Task[None]] = []
        self._on_step = on_step
        self._on_batch = on_batch
        self._max_batch = max_batch
        self._waiting: deque[Waiting] = deque()
        self._in_flight: set[UUID] = set()
        self._wake = asyncio.Event()
        self._closing = False
        self.is_reachable = False
        """Whether the last batch reached the database."""

    @property
    def waiting(self) -> int:
        """Commands that no batch has taken yet."""
        return len(self._waiting)

    async def start(self) -> None:
        """Begin to carry out commands. The database need not be there yet."""
        self._tasks = [asyncio.create_task(self._run(lane), name="ledger-writer") for lane in self._lanes]

    async def submit(self, command: Command) -> Result:
        """The committed answer to one command (see metering.ledger.port.Ledger)."""
        check_command(command)
        if self._closing or not self._tasks:
            raise MeteringUnavailable("The ledger's writer is not running.")
        if len(self._waiting) >= MAX_WAITING:
            raise LedgerOverloaded(f"{MAX_WAITING} commands wait for the ledger already.")
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((command, answer, monotonic() + DEADLINE_S))
        self._wake.set()
        return await answer

    async def close(self, deadline_s: float = DEADLINE_S) -> None:
        """Carry out what waits, at most `deadline_s` long, then let go of the database."""
        self._closing = True
        self._wake.set()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=deadline_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        _fail(self._waiting, MeteringUnavailable("The ledger's writer was closed."))
        self._waiting.clear()
        for lane in self._lanes:
            await lane.close()

    async def _run(self, lane: PostgresStore) -> None:
        while True:
            # Whoever was woken by the same event gets the chance to join this batch.
            await asyncio.sleep(0)
            batch = self._next_batch()
            if batch:
                try:
                    await self._carry_out(lane, batch)
                finally:
                    self._in_flight.difference_update([command.reservation_id for command, _, _ in batch])
                    _fail(
                        batch,
                        MeteringUnavailable("The ledger's writer stopped before the command was answered."),
                    )
            elif self._closing and not self._waiting:
                self._wake.set()  # another lane may wait for what this one has carried out
                return
            else:
                self._wake.clear()
                await self._wake.wait()

    def _next_batch(self) -> list[Waiting]:
        """In arrival order. A command whose reservation is in flight ends the batch: it starts a later one.

        Nothing, while another lane's batch is more than twice as large as what waits: a batch costs the same
        few statements however small it is, so few and even batches serve all sooner than many small ones.
        """
        share = len(self._waiting)
        if share < len(self._in_flight) // 2:
            return []
        if share > SPLIT_ABOVE and not self._in_flight:
            share = -(-share // LANES)
        batch: list[Waiting] = []
        while self._waiting and len(batch) < min(share, self._max_batch):
            reservation_id = self._waiting[0][0].reservation_id
            if reservation_id in self._in_flight:
                break
            self._in_flight.add(reservation_id)
            batch.append(self._waiting.popleft())
        if self._waiting:
            self._wake.set()
        return batch

    async def _carry_out(self, lane: PostgresStore, batch: list[Waiting]) -> None:
        """Try until the batch is answered or its deadline has passed."""
        collisions = 0
        while batch:
            try:
                async with asyncio.timeout(BATCH_TIMEOUT_S):
                    results = await lane.run([command for command, _, _ in batch])
            except POISON as error:
                await lane.close()
                # A reserve that another process is inserting is found there by the next try.
                collisions += isinstance(error, pg.UniqueViolation)
                if not 0 < collisions <= MAX_COLLISIONS:
                    await self._isolate(lane, batch, error)
                    return
            except (psycopg.Error, BatchOutdated, OSError, TimeoutError) as error:
                await lane.close()
                batch = await self._pause(batch, error)
            except Exception:
                log.exception("ledger.batch_failed", extra={"commands": len(batch)})
                await lane.close()
                return
            else:
                self.is_reachable = True
                if self._on_step is not None:
                    self._on_step("before_answer")
                _answer(batch, results)
                self._on_batch(len(batch))
                return

    async def _isolate(self, lane: PostgresStore, batch: list[Waiting], error: psycopg.Error) -> None:
        """A command that the database refuses must not sink its batch: try halves, then single ones."""
        if len(batch) > 1:
            middle = len(batch) // 2
            await self._carry_out(lane, batch[:middle])
            await self._carry_out(lane, batch[middle:])
            return
        log.error("ledger.command_refused", extra={"sqlstate": error.sqlstate})
        _fail(batch, InvalidRequest("The ledger's database refused the command."))

    async def _pause(self, batch: list[Waiting], error: Exception) -> list[Waiting]:
        """Wait a moment and answer what is left to try; whatever is past its deadline is given up."""
        self.is_reachable = self.is_reachable and isinstance(error, BatchOutdated)
        log.warning(
            "ledger.retry",
            extra={"error": type(error).__name__, "sqlstate": getattr(error, "sqlstate", None)},
        )
        moment = monotonic()
        late = [item for item in batch if item[2] <= moment]
        while self._waiting and self._waiting[0][2] <= moment:
            late.append(self._waiting.popleft())
        _fail(late, MeteringUnavailable("The ledger's database did not answer in time."))
        await asyncio.sleep(RETRY_PAUSE_S * (0.5 + random.random()))  # noqa: S311
        return [item for item in batch if item[2] > moment]


def _answer(batch: Sequence[Waiting], results: Sequence[Result]) -> None:
    for (_, answer, _), result in zip(batch, results, strict=True):
        if not answer.done():
            answer.set_result(result)


def _fail(batch: Sequence[Waiting], error: Exception) -> None:
    for _, answer, _ in batch:
        if not answer.done():
            answer.set_exception(error)
