"""The naturally batching writer: what arrived while the last batch was committing is the next batch.

One writer for each process and ledger database. An answer is given only after its COMMIT. A batch
whose fate is unknown (lost connection, lost COMMIT reply) is sent again with the same ids, which
the state table makes harmless.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from time import monotonic

import psycopg
from psycopg import errors as pg

from metering.errors import InvalidRequest, LedgerOverloaded, MeteringUnavailable
from metering.ledger.check import check_command
from metering.ledger.commands import Command, Release
from metering.ledger.postgres.foresight import Foresight
from metering.ledger.postgres.outdated import BatchOutdated, UnknownReleased
from metering.ledger.postgres.store import PostgresStore
from metering.ledger.postgres.windows import WindowCache
from metering.ledger.postgres.wire import Step
from metering.ledger.results import Result
from metering.ledger.waiting import Batch, WaitingCommands, answer, fail

LANES = 2
"""Connections that take batches in turn: while one waits for its COMMIT, Python prepares the other's."""
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
        self._foresight = foresight = Foresight(windows)
        self._lanes = [
            PostgresStore(conninfo, windows, foresight=foresight, on_step=on_step) for _ in range(LANES)
        ]
        self._tasks: list[asyncio.Task[None]] = []
        self._on_step = on_step
        self._on_batch = on_batch
        self._waiting = WaitingCommands(lanes=LANES, max_batch=max_batch)
        self._closing = False
        self.is_reachable = False
        """Whether the last batch reached the database."""

    @property
    def remembered(self) -> int:
        """Open holds of this process that it need not look up to end them."""
        return len(self._foresight)

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
        return await self._waiting.add(command, monotonic() + DEADLINE_S)

    async def close(self, deadline_s: float = DEADLINE_S) -> None:
        """Carry out what waits, at most `deadline_s` long, then let go of the database."""
        self._closing = True
        self._waiting.wake()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=deadline_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        fail(self._waiting.take_all(), MeteringUnavailable("The ledger's writer was closed."))
        for lane in self._lanes:
            await lane.close()

    async def _run(self, lane: PostgresStore) -> None:
        while True:
            # Whoever was woken by the same event gets the chance to join this batch.
            await asyncio.sleep(0)
            batch = self._waiting.take_batch()
            if batch:
                try:
                    await self._carry_out(lane, batch)
                finally:
                    self._waiting.has_ended(batch)
                    fail(
                        batch,
                        MeteringUnavailable("The ledger's writer stopped before the command was answered."),
                    )
            elif self._closing and not self._waiting:
                self._waiting.wake()  # another lane may wait for what this one has carried out
                return
            else:
                await self._waiting.change()

    async def _carry_out(self, lane: PostgresStore, batch: Batch) -> None:
        """Try until the batch is answered or its deadline has passed."""
        collisions = 0
        while batch:
            try:
                async with asyncio.timeout(BATCH_TIMEOUT_S):
                    results = await lane.run([item.command for item in batch])
            except UnknownReleased as unknown:
                await self._let_go_alone(lane, batch, unknown.releases)
                return
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
                answer(batch, results)
                self._on_batch(len(batch))
                return

    async def _let_go_alone(self, lane: PostgresStore, batch: Batch, releases: Sequence[Release]) -> None:
        """Each of these releases in a transaction of its own, and what comes between them together, in order."""
        alone = {release.reservation_id for release in releases}
        company: Batch = []
        for item in batch:
            if item.command.reservation_id in alone:
                await self._carry_out(lane, company)
                await self._carry_out(lane, [item])
                company = []
            else:
                company.append(item)
        await self._carry_out(lane, company)

    async def _isolate(self, lane: PostgresStore, batch: Batch, error: psycopg.Error) -> None:
        """A command that the database refuses must not sink its batch: try halves, then single ones."""
        if len(batch) > 1:
            middle = len(batch) // 2
            await self._carry_out(lane, batch[:middle])
            await self._carry_out(lane, batch[middle:])
            return
        log.error("ledger.command_refused", extra={"sqlstate": error.sqlstate})
        fail(batch, InvalidRequest("The ledger's database refused the command."))

    async def _pause(self, batch: Batch, error: Exception) -> Batch:
        """Wait a moment and answer what is left to try; whatever is past its deadline is given up."""
        self.is_reachable = self.is_reachable and isinstance(error, BatchOutdated)
        log.warning(
            "ledger.retry",
            extra={"error": type(error).__name__, "sqlstate": getattr(error, "sqlstate", None)},
        )
        moment_s = monotonic()
        late = [item for item in batch if item.gives_up_s <= moment_s] + self._waiting.take_late()
        fail(late, MeteringUnavailable("The ledger's database did not answer in time."))
        await asyncio.sleep(RETRY_PAUSE_S * (0.5 + random.random()))  # noqa: S311
        return [item for item in batch if item.gives_up_s > moment_s]
