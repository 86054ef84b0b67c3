"""A connection that carries out batches: optimistic where that can be tried, under locks where it cannot or failed."""

from collections.abc import Sequence

from psycopg import errors as pg

from metering.ledger.commands import Command
from metering.ledger.postgres.conflict import BatchConflict, UnknownReleased
from metering.ledger.postgres.connect import connect
from metering.ledger.postgres.locked import LockedBatch
from metering.ledger.postgres.openings import Openings
from metering.ledger.postgres.optimistic import OptimisticBatch
from metering.ledger.postgres.process_cache import ProcessCache
from metering.ledger.postgres.wire import Statement, StepObserver, Wire
from metering.ledger.results import Result

MAX_CONFLICTS = 5
"""How often a batch is begun again at once because another process came in between."""
PLAN_AGAIN: Statement = ("DISCARD PLANS", ())
"""Tables of a few rows are planned to be scanned. So it is planned again when as many batches as before have come."""
NOT_AS_REMEMBERED = (BatchConflict, pg.SerializationFailure, pg.UniqueViolation)


class PostgresStore:
    """One dedicated connection. Carries out one batch at a time."""

    def __init__(
        self,
        conninfo: str,
        cache: ProcessCache,
        openings: Openings,
        *,
        is_optimistic: bool = False,
        on_step: StepObserver | None = None,
    ) -> None:
        """`is_optimistic`: it tries an optimistic batch first."""
        self._conninfo = conninfo
        self._wire: Wire | None = None
        self._batches = 0
        """Of this connection."""
        self._cache = cache
        self._openings = openings
        self._is_optimistic = is_optimistic
        self._on_step = on_step

    async def close(self) -> None:
        """Close the connection; the next batch opens another. What was not committed is gone."""
        wire, self._wire = self._wire, None
        if wire is not None:
            await wire.connection.close()

    async def run(self, commands: Sequence[Command], *, skip_locked: bool = False) -> list[Result]:
        """Carry out at most one command for each reservation, all committed together, and answer in order.

        It tries an optimistic batch, where it may, and else carries out a locked one.

        Raises UnknownReleased or MustLookBack, and nothing is done, where some of them have to go alone or to wait.
        Raises psycopg.Error; whether the batch was committed is then unknown, and the same commands may be sent again.
        """
        if self._wire is None:
            self._wire, self._batches = Wire(await connect(self._conninfo)), 0
        if self._batches.bit_count() == 1:
            await self._wire.exchange([PLAN_AGAIN])
        self._batches += 1
        self._step("before_lock")
        results = await self._try_optimistic(self._wire, commands) if self._is_optimistic else None
        if results is None:
            results = await self._run_locked(self._wire, commands, skip_locked)
        self._step("after_commit")
        return results

    async def _try_optimistic(self, wire: Wire, commands: Sequence[Command]) -> list[Result] | None:
        """Return the answers; None, with nothing done, where the cache does not know enough or was wrong."""
        work = self._cache.unit_of_work(commands)
        if work is None:
            return None
        batch = OptimisticBatch(commands, work)
        if not batch.may_be_sent:
            return None
        try:
            results = await batch.run(wire, self._cache, self._on_step)
        except NOT_AS_REMEMBERED:
            await wire.exchange([("ROLLBACK", ())])
            return None
        self._cache.learn_holds(work.holds.values())
        return results

    async def _run_locked(self, wire: Wire, commands: Sequence[Command], skip_locked: bool) -> list[Result]:
        tries = 0
        while True:
            batch = LockedBatch(
                wire,
                commands,
                self._cache,
                openings=self._openings,
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
                self._cache.learn_holds(work.holds.values())
                return results

    def _step(self, name: str) -> None:
        if self._on_step is not None:
            self._on_step(name)
