"""One connection carries out batches: it tries again, takes a batch apart where a command is at fault, and answers.

A batch whose fate is unknown (lost connection, lost COMMIT reply) is sent again with the same ids, which the state
table makes harmless.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any

import psycopg
from psycopg import errors as pg

from metering.errors import InvalidRequest, MeteringUnavailable
from metering.ledger.commands import Release
from metering.ledger.postgres.conflict import BatchConflict, MustLookBack, UnknownReleased
from metering.ledger.postgres.store import PostgresStore
from metering.ledger.postgres.wire import StepObserver
from metering.ledger.waiting import Batch, WaitingCommands, deliver, fail

BATCH_TIMEOUT_S = 5.0
"""For one try: longer than the database lets a transaction last."""
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
log = logging.getLogger(__name__)


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
