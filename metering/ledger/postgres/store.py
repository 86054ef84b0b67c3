"""A connection that carries out batches: on foresight where that is enough, under locks where it is not."""

from collections.abc import Sequence

from psycopg import errors as pg

from metering.ledger.commands import Command
from metering.ledger.postgres.conflict import BatchConflict, UnknownReleased
from metering.ledger.postgres.connect import connect
from metering.ledger.postgres.foresight import Foresight
from metering.ledger.postgres.locked import LockedBatch
from metering.ledger.postgres.optimistic import OptimisticBatch
from metering.ledger.postgres.windows import WindowCache
from metering.ledger.postgres.wire import Statement, StepObserver, Wire
from metering.ledger.results import Result
from metering.ledger.unit_of_work import UnitOfWork

MAX_CONFLICTS = 5
"""How often a batch is begun again at once because another process came in between."""
PLAN_AGAIN: Statement = ("DISCARD PLANS", ())
"""Tables of a few rows are planned to be scanned. So it is planned again when as many batches as before have come."""
CONFLICTS = (BatchConflict, pg.DivisionByZero, pg.UniqueViolation)


class PostgresStore:
    """A dedicated connection and what it remembers. Carries out one batch at a time."""

    def __init__(
        self,
        conninfo: str,
        windows: WindowCache,
        *,
        foresight: Foresight | None = None,
        on_step: StepObserver | None = None,
    ) -> None:
        """Without `foresight` every batch goes under locks."""
        self._conninfo = conninfo
        self._wire: Wire | None = None
        self._batches = 0
        """Of this connection."""
        self._windows = windows
        self._foresight = foresight
        self._on_step = on_step

    async def close(self) -> None:
        """Close the connection; the next batch opens another. What was not committed is gone."""
        wire, self._wire = self._wire, None
        if wire is not None:
            await wire.connection.close()

    async def run(self, commands: Sequence[Command], *, skip_locked: bool = False) -> list[Result]:
        """Carry out at most one command for each reservation, all committed together, and answer in order.

        Raises UnknownReleased or MustLookBack, and nothing is done, where some of them have to go alone or to wait.
        Raises psycopg.Error; whether the batch was committed is then unknown, and the same commands may be sent again.
        """
        if self._wire is None:
            self._wire, self._batches = Wire(await connect(self._conninfo)), 0
        if self._batches.bit_count() == 1:
            await self._wire.exchange([PLAN_AGAIN])
        self._batches += 1
        self._step("before_lock")
        results = await self._try_optimistic(self._wire, commands)
        if results is None:
            results = await self._run_locked(self._wire, commands, skip_locked)
        self._step("after_commit")
        return results

    async def _try_optimistic(self, wire: Wire, commands: Sequence[Command]) -> list[Result] | None:
        """None, and nothing done, where foresight is not enough or was wrong."""
        work = self._foresight.books_for(commands) if self._foresight is not None else None
        if work is None:
            return None
        batch = OptimisticBatch(commands, work)
        if not batch.may_be_sent:
            return None
        try:
            results = await batch.run(wire, self._windows, self._on_step)
        except CONFLICTS:
            await wire.exchange([("ROLLBACK", ())])
            return None
        self._keep(work)
        return results

    async def _run_locked(self, wire: Wire, commands: Sequence[Command], skip_locked: bool) -> list[Result]:
        tries = 0
        while True:
            batch = LockedBatch(
                wire,
                commands,
                self._windows,
                conninfo=self._conninfo,
                on_step=self._on_step,
                skip_locked=skip_locked,
            )
            try:
                results, work = await batch.run()
            except BatchConflict:
                tries += 1
                if tries > MAX_CONFLICTS:
                    raise
                await wire.exchange([("ROLLBACK", ())])
            except UnknownReleased:
                await wire.exchange([("ROLLBACK", ())])
                raise
            else:
                self._keep(work)
                return results

    def _keep(self, work: UnitOfWork) -> None:
        if self._foresight is not None:
            self._foresight.keep(work.holds.values())

    def _step(self, name: str) -> None:
        if self._on_step is not None:
            self._on_step(name)
