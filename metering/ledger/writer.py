"""The writer batches naturally: what arrived while the last batch was committing is the next batch.

One writer for each process and ledger database. An answer is given only after its COMMIT.
"""

import asyncio
from collections.abc import Callable
from time import monotonic

from metering.errors import LedgerOverloaded, MeteringUnavailable
from metering.ledger.batch_connection import NOT_IN_TIME, BatchConnection, WaitingCommands, fail
from metering.ledger.check import check_command
from metering.ledger.commands import Command
from metering.ledger.postgres.openings import Openings
from metering.ledger.postgres.process_cache import ProcessCache
from metering.ledger.postgres.store import PostgresStore
from metering.ledger.postgres.wire import StepObserver
from metering.ledger.results import Result

CONNECTIONS = 2
"""Connections that take batches in turn: while one waits for its COMMIT, Python prepares the other's."""
MAX_BATCH = 512
MAX_TURNS = 4
"""Turns of the event loop that a batch waits at most for whoever is about to join it."""
MAX_WAITING = 20_000
DEADLINE_S = 10.0
"""How long a command may be retried before its sender is told that the ledger is away."""


class LedgerWriter:
    """Implements the Ledger port on PostgreSQL. Belongs to the event loop that started it."""

    def __init__(
        self,
        conninfo: str,
        *,
        on_step: StepObserver | None = None,
        on_batch: Callable[[int], None] = lambda commands: None,
        max_batch: int = MAX_BATCH,
    ) -> None:
        """`on_batch` is told how many commands each committed batch had."""
        self._cache = ProcessCache()
        self._openings = Openings(conninfo)
        self._waiting = waiting = WaitingCommands(connections=CONNECTIONS, max_batch=max_batch)
        stores = [
            PostgresStore(conninfo, self._cache, self._openings, is_optimistic=True, on_step=on_step)
            for _ in range(CONNECTIONS)
        ]
        self._connections = [
            BatchConnection(store, waiting, on_step=on_step, on_batch=on_batch, reached=self._reached)
            for store in stores
        ]
        self._tasks: list[asyncio.Task[None]] = []
        self._closing = False
        self.is_reachable = False
        """Whether the last batch reached the database."""

    @property
    def remembered(self) -> int:
        """Count the open holds of this process that it need not look up to end them."""
        return self._cache.open_holds

    @property
    def waiting(self) -> int:
        """Count the commands that no batch has taken yet."""
        return len(self._waiting)

    async def start(self) -> None:
        """Begin to carry out commands. The database need not be there yet."""
        self._waiting.belong_to(asyncio.get_running_loop())
        self._tasks = [
            asyncio.create_task(self._run(connection), name="ledger-writer")
            for connection in self._connections
        ]

    async def submit(self, command: Command) -> Result:
        """Return the committed answer to one command (see metering.ledger.port.Ledger)."""
        return await self.begin(command)

    def begin(self, command: Command) -> "asyncio.Future[Result]":
        """Queue a command. Raises what `submit` raises before it waits; the answer comes in the future."""
        check_command(command)
        if self._closing or not self._tasks:
            raise MeteringUnavailable("The ledger's writer is not running.")
        if len(self._waiting) >= MAX_WAITING:
            raise LedgerOverloaded(f"{MAX_WAITING} commands wait for the ledger already.")
        return self._waiting.add(command, monotonic() + DEADLINE_S)

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
        for connection in self._connections:
            await connection.close()
        await self._openings.close()

    def _reached(self, database_answered: bool) -> None:
        self.is_reachable = database_answered

    async def _gather(self) -> None:
        """Let whoever is about to run join the batch, as long as each turn of the event loop brings somebody: a batch
        costs much the same however large it is.
        """
        for _ in range(MAX_TURNS):
            waiting = len(self._waiting)
            await asyncio.sleep(0)
            if len(self._waiting) == waiting:
                return

    async def _run(self, connection: BatchConnection) -> None:
        while True:
            await self._gather()
            batch = self._waiting.take_batch()
            if batch:
                try:
                    await connection.carry_out(batch)
                finally:
                    self._waiting.has_ended(batch)
                    aside, connection.aside = connection.aside, []
                    later = {item.answer for items, _ in aside for item in items}
                    fail(
                        [item for item in batch if item.answer not in later],
                        MeteringUnavailable("The ledger's writer stopped before the command was answered."),
                    )
                    for items, opened in aside:
                        self._waiting.put_aside(items, opened, MeteringUnavailable(NOT_IN_TIME))
            elif self._closing and not self._waiting:
                self._waiting.wake()  # another connection may wait for what this one has carried out
                return
            else:
                await self._waiting.change()
