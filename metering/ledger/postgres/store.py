"""A connection that carries out batches: optimistic where that can be tried, under locks where it cannot or failed.

An optimistic batch is decided on what the process remembers, sent without a look, and checked by the database:

1. The process cache gives a unit of work, as it remembers the rows. No meter in it is locked (ADR 8).
2. The engine decides every command on it.
3. Where an answer depends on a counter, the batch is not sent and the locked batch takes its place (locked.py). Such
   answers are a denial, a charge beyond its hold, an amount past a limit and an alert.
4. Everything goes to PostgreSQL in one round trip, from BEGIN to COMMIT. Locks are taken in the order of the locked
   batch: holds, meters, new reservations.
5. The statements check what was decided, and fail the transaction where it is not so: each hold that ends is held, at
   the version remembered; each reserve is new; each meter is of the current window, has room for every reserve in its
   turn and stays below its next alert. Then the locked batch takes its place too.
6. The counters may be others than remembered. The answers are corrected by what the statements return of them.

This is optimistic concurrency control (H. T. Kung and J. T. Robinson, "On Optimistic Methods for Concurrency Control",
1981)."""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace
from psycopg import errors as pg

from metering.ledger.commands import Command, HoldLine, Reserve
from metering.ledger.engine import decide
from metering.ledger.postgres import columns, sql_inserts, sql_optimistic
from metering.ledger.postgres.conflict import BatchConflict, UnknownReleased
from metering.ledger.postgres.connect import connect
from metering.ledger.postgres.locked import LockedBatch
from metering.ledger.postgres.openings import Openings
from metering.ledger.postgres.process_cache import ProcessCache
from metering.ledger.postgres.table import array
from metering.ledger.postgres.wire import Row, Statement, StepObserver, Wire
from metering.ledger.records import LARGEST_SUM, Meter
from metering.ledger.results import Ended, Granted, LineBalance, Result
from metering.ledger.unit_of_work import UnitOfWork
from metering.types import Dimension

MAX_CONFLICTS = 5
"""How often a batch is begun again at once because another process came in between."""
PLAN_AGAIN: Statement = ("DISCARD PLANS", ())
"""Tables of a few rows are planned to be scanned. So it is planned again when as many batches as before have come."""
NOT_AS_REMEMBERED = (BatchConflict, pg.SerializationFailure, pg.UniqueViolation)
DONE = (Granted, Ended)


class MeterChange(NamedTuple):
    """What the batch adds to a meter, and what it expects of it."""

    id: int
    used: int
    held: int
    highest_limit: int
    most: int
    """How much it may count, used and held, before the batch."""
    watching: int
    is_open: bool
    """Whether a reserve is on it, so that it must be of the current window."""


class OptimisticBatch:
    """One try to carry out commands on a unit of work whose meters are not locked."""

    def __init__(self, commands: Sequence[Command], work: UnitOfWork) -> None:
        """Decides at once. `may_be_sent` says whether the answers hold whatever the counters are."""
        self.commands = commands
        self._work = work
        self._before = {
            meter.id: (meter.used, meter.held, meter.overrun, meter.unenforced, meter.uncovered)
            for meter in work.meters.values()
        }
        self._results = [decide(command, work) for command in commands]
        self.may_be_sent = self._depends_on_no_counter() and not (
            work.watched or any(map(_is_alert_due, work.meters.values())) or work.moved
        )

    async def run(self, wire: Wire, cache: ProcessCache, on_step: StepObserver | None) -> list[Result]:
        """Return the committed answers.

        Raises psycopg.Error: SerializationFailure or UniqueViolation where a check failed.
        """
        work = self._work
        cache.learn_meters(work.meters)  # so that the next batch is decided on what this one makes of them
        checked: list[Statement] = [("BEGIN", ()), *self._ends()]
        checked.append((sql_optimistic.LOCK_METERS, (array(sorted(work.meters)),)))
        checked.append((sql_optimistic.CHANGE_METERS, columns.METER_CHANGE.parameters(self._changes())))
        new: list[Statement] = []
        if work.inserted:
            new.append((sql_inserts.INSERT_NEW_HOLDS, columns.NEW_HOLD.parameters(work.inserted)))
        if on_step is None:
            rows = await wire.commit([*checked, *new], None)
            return self._corrected(rows[len(checked) - 1])
        rows = await wire.exchange(checked)
        on_step("after_lock")
        await wire.commit(new, on_step)
        return self._corrected(rows[-1])

    def _depends_on_no_counter(self) -> bool:
        """Return whether the answers hold whatever the counters are.

        They do where every command was granted or ended something, nothing is charged beyond its hold, and nothing is
        held past a limit. Then no sum can hide that something past a limit was given back.
        """
        work = self._work
        return (
            all(isinstance(result, DONE) and not result.replayed for result in self._results)
            and not any(any(hold.unenforced) for hold in work.inserted)
            and all(
                (meter.overrun, meter.unenforced, meter.uncovered) == self._before[meter.id][2:]
                for meter in work.meters.values()
            )
        )

    def _ends(self) -> list[Statement]:
        work = self._work
        ended = work.updated
        if not ended:
            return []
        ended.sort(key=lambda hold: hold.id.int)
        arrays = (
            *columns.EXPECTED_END.parameters(ended),
            *columns.ATTEMPT.parameters(work.attempts),
            *columns.ENTRY.parameters(work.entries),
        )
        return [(sql_optimistic.END_HOLDS, arrays)]

    def _changes(self) -> list[MeterChange]:
        meters = self._work.meters
        most, limits = self._most_and_limits()
        return [
            MeterChange(
                id=meter_id,
                used=meters[meter_id].used - used,
                held=meters[meter_id].held - held,
                highest_limit=limits.get(meter_id, 0),
                most=most.get(meter_id, LARGEST_SUM),
                watching=meters[meter_id].watching,
                is_open=meter_id in most,
            )
            for meter_id, (used, held, *_) in sorted(self._before.items())
        ]

    def _most_and_limits(self) -> tuple[dict[int, int], dict[int, int]]:
        """Return how much each meter may count, used and held, before the batch, and the highest limit that a reserve
        brings. With so much on it every reserve still finds its room in its turn."""
        most: dict[int, int] = {}
        limits: dict[int, int] = {}
        for command, result in zip(self.commands, self._results, strict=True):
            if type(result) is not Granted or type(command) is not Reserve:
                continue
            deciding = _deciding(command.lines, result.balances)
            for balance in result.balances:
                meter_id, limit = balance.meter_id, balance.limit
                used, held, *_ = self._before[meter_id]
                room = deciding.get(meter_id, limit) - (balance.used + balance.held) + used + held
                most[meter_id] = min(room, most.get(meter_id, LARGEST_SUM))
                if limit > limits.get(meter_id, 0):
                    limits[meter_id] = limit
        return most, limits

    def _corrected(self, changed: list[Row]) -> list[Result]:
        """Return the answers with what the meters really count, where others changed them meanwhile."""
        shifts: dict[int, tuple[int, int]] = {}
        [(meter_ids, all_used, all_held, _)] = changed
        for meter_id, used, held in zip(meter_ids or (), all_used or (), all_held or (), strict=True):
            meter = self._work.meters[meter_id]
            if (used, held) != (meter.used, meter.held):
                shifts[meter_id] = used - meter.used, held - meter.held
                meter.used, meter.held = used, held
        if not shifts:
            return self._results
        return [_shifted(result, shifts) for result in self._results]


def _is_alert_due(meter: Meter) -> bool:
    reached = meter.held if meter.dimension is Dimension.CONCURRENCY else meter.used
    return reached >= meter.alert_at


def _deciding(lines: tuple[HoldLine, ...], balances: tuple[LineBalance, ...]) -> dict[int, int]:
    """Return the limit that decides on each meter with several: the tightest enforced, or the highest if none is."""
    by_meter: dict[int, list[tuple[bool, int]]] = {}
    if len({balance.meter_id for balance in balances}) < len(balances):
        for line, balance in zip(lines, balances, strict=True):
            by_meter.setdefault(balance.meter_id, []).append((line.enforced, balance.limit))
    return {
        meter_id: min(
            [limit for is_enforced, limit in group if is_enforced], default=max(limit for _, limit in group)
        )
        for meter_id, group in by_meter.items()
    }


def _shifted(result: Result, shifts: dict[int, tuple[int, int]]) -> Result:
    if not isinstance(result, Granted):
        return result
    return replace(result, balances=tuple([_moved(line, shifts) for line in result.balances]))


def _moved(line: LineBalance, shifts: dict[int, tuple[int, int]]) -> LineBalance:
    used, held = shifts.get(line.meter_id, (0, 0))
    return replace(line, used=line.used + used, held=line.held + held)


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

    async def open(self) -> Wire:
        """Return the connection, made if there is none. Raises psycopg.Error."""
        if self._wire is None:
            self._wire, self._batches = Wire(await connect(self._conninfo)), 0
        return self._wire

    async def run(self, commands: Sequence[Command], *, skip_locked: bool = False) -> list[Result]:
        """Carry out at most one command for each reservation, all committed together, and answer in order.

        It tries an optimistic batch, where it may, and else carries out a locked one.

        Raises UnknownReleased or MustLookBack, and nothing is done, where some of them have to go alone or to wait.
        Raises psycopg.Error; whether the batch was committed is then unknown, and the same commands may be sent again.
        """
        wire = await self.open()
        if self._batches.bit_count() == 1:
            await wire.exchange([PLAN_AGAIN])
        self._batches += 1
        self._step("before_lock")
        results = await self._try_optimistic(wire, commands) if self._is_optimistic else None
        if results is None:
            results = await self._run_locked(wire, commands, skip_locked)
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
