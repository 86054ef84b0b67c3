"""The locked batch: the rows are locked first, then the engine decides, then everything is written.

1. Lock and read the reservations, and ask the database's clock. It picks the windows and decides expiry, so neither a
   node's clock nor a wait for a lock can bend them.
2. Open the windows that a command needs and that nobody has opened. Then begin again, or let those commands wait.
3. Decide the ends that no counter can change, and write their rows. The meters are not locked yet (ADR 7).
4. Lock and read the meters. They are what all batches wait for, so they are locked as late as can be.
5. Decide all other commands, in order of arrival.
6. Write and commit.
"""

from collections.abc import Sequence, Set
from operator import attrgetter
from uuid import UUID

from metering.ledger.commands import Command, Expire, Extend, Release, Reserve, Settle
from metering.ledger.engine import decide
from metering.ledger.engine.alert import raise_alerts
from metering.ledger.postgres import sql_locked
from metering.ledger.postgres.conflict import BatchConflict, MustLookBack, UnknownReleased
from metering.ledger.postgres.corrections import load_for_corrections
from metering.ledger.postgres.open_windows import open_windows
from metering.ledger.postgres.opening import subject_of
from metering.ledger.postgres.openings import Openings
from metering.ledger.postgres.process_cache import ProcessCache
from metering.ledger.postgres.read import hold_from, read_meters
from metering.ledger.postgres.table import array, text_array
from metering.ledger.postgres.wire import Statement, StepObserver, Wire
from metering.ledger.postgres.write import statements_for
from metering.ledger.records import NO_WATCHES, HoldRow, Posting
from metering.ledger.results import Reason, Refused, Result
from metering.ledger.unit_of_work import MetersNeeded, UnitOfWork

Decided = tuple[Result, list[Posting]]
"""An answer, and what it will change on the meters."""


class LockedBatch:
    """One try to carry out commands under locks, in one transaction."""

    def __init__(
        self,
        wire: Wire,
        commands: Sequence[Command],
        cache: ProcessCache,
        *,
        openings: Openings,
        on_step: StepObserver | None,
        skip_locked: bool,
    ) -> None:
        self._wire = wire
        self.commands = commands
        self._cache = cache
        self._openings = openings
        self._on_step = on_step
        self._skip_locked = skip_locked

    async def run(self) -> tuple[list[Result], UnitOfWork]:
        """Return the committed answers, and the unit of work that they come from.

        Raises psycopg.Error, BatchConflict, MustLookBack or UnknownReleased.
        """
        work = await self._lock_holds()
        self._let_tombstones_go_alone(work)
        await load_for_corrections(self._wire, self.commands, work)
        meter_ids = await self._meters_wanted(work)
        if meter_ids is None:
            return await self.run()
        decided = self._decide_ends(work)
        await self._lock_meters(meter_ids, work)
        if self._on_step is not None:
            self._on_step("after_lock")
        results = [
            _post(decided[place], work) if place in decided else self._answer(command, work)
            for place, command in enumerate(self.commands)
        ]
        raise_alerts(work)
        await self._write(work)
        for meter in work.meters.values():
            meter.watches = NO_WATCHES
        self._cache.learn_meters(work.meters)
        return results, work

    async def _lock_holds(self) -> UnitOfWork:
        commands = self.commands
        lock = sql_locked.LOCK_FREE_HOLDS if self._skip_locked else sql_locked.LOCK_HOLDS
        keyed = [c for c in commands if isinstance(c, Reserve) and c.idempotency_key is not None]
        statements: list[Statement] = [
            ("BEGIN", ()),
            (lock, (array(sorted([c.reservation_id for c in commands], key=attrgetter("int"))),)),
            (sql_locked.CLOCK, ()),
        ]
        if keyed:
            statements.append((sql_locked.HOLDS_BY_KEY, _keys_of(keyed)))
        _, held, [(moment,)], *twins = await self._wire.exchange(statements)
        self._cache.set_clock(moment)
        work = UnitOfWork(now=moment, kinds=self._cache.meters)
        for row in held:
            work.holds[row[0]] = hold_from(row)
        for row in twins[0] if twins else ():
            twin = work.holds.get(row[0]) or hold_from(row)
            work.keys[twin.tenant_id, twin.idempotency_key or ""] = twin
        return work

    def _let_tombstones_go_alone(self, work: UnitOfWork) -> None:
        """Raise UnknownReleased where a release would leave a tombstone in company.

        The insert of a tombstone may have to wait, because its reservation comes in meanwhile, and its end too. Whoever
        ends it waits for meters. A tombstone that is alone in its transaction has none.
        """
        unknown = [c for c in self.commands if isinstance(c, Release) and c.reservation_id not in work.holds]
        if unknown and len(self.commands) > 1:
            raise UnknownReleased(unknown)

    async def _meters_wanted(self, work: UnitOfWork) -> set[int] | None:
        """Return the meters to lock, or None after meters had to be opened: the batch then starts again."""
        lines = [line for c in self.commands if isinstance(c, Reserve | Extend) for line in c.lines]
        work.open_meters, missing = self._cache.find_meters(lines, work.now)
        if missing:
            await self._wire.exchange([("ROLLBACK", ())])
            late = await open_windows(self._wire, self._cache, missing, work.now)
            if late:
                raise MustLookBack(
                    self._needing({subject_of(meter.key) for meter in late}),
                    self._openings.begin(late),
                )
            return None
        meter_ids = set(work.open_meters.values())
        for hold in work.holds.values():
            meter_ids.update(hold.meter_ids)
        return meter_ids

    def _needing(self, subjects: Set[tuple[str, ...]]) -> frozenset[UUID]:
        return frozenset(
            command.reservation_id
            for command in self.commands
            if isinstance(command, Reserve | Extend)
            and any(subject_of(line.meter) in subjects for line in command.lines)
        )

    def _decide_ends(self, work: UnitOfWork) -> dict[int, Decided]:
        """Decide the ends that no counter can change. Their rows are written while others still have the meters."""
        decided: dict[int, Decided] = {}
        for place, command in enumerate(self.commands):
            if isinstance(command, Settle | Release | Expire) and _may_go_early(
                work.holds.get(command.reservation_id)
            ):
                try:
                    result = self._answer(command, work)
                except MetersNeeded:
                    continue
                decided[place] = result, work.unposted
                work.unposted = []
        return decided

    def _answer(self, command: Command, work: UnitOfWork) -> Result:
        if self._skip_locked and command.reservation_id not in work.holds:
            return Refused(reservation_id=command.reservation_id, reason=Reason.NOT_FOUND, state=None)
        return decide(command, work)

    async def _lock_meters(self, meter_ids: set[int], work: UnitOfWork) -> None:
        """Write what is decided, lock the meters, and look whether a new reservation came in meanwhile.

        A reserve sent twice may wait here for its own first copy: it would be denied by its own hold, or wait
        for it again when it is inserted. The same goes for the holder of its idempotency key.
        """
        new = [c for c in self.commands if isinstance(c, Reserve) and c.reservation_id not in work.holds]
        keyed = [c for c in new if c.idempotency_key and (c.tenant_id, c.idempotency_key) not in work.keys]
        known = set(work.holds)
        statements = list(statements_for(work))
        written = len(statements)
        ids = array(sorted(meter_ids))
        statements += [(sql_locked.LOCK_AND_READ_METERS, (ids,)), (sql_locked.READ_WATCHES, (ids,))]
        if new:
            statements.append((sql_locked.FIND_HOLDS, (array([c.reservation_id for c in new]),)))
        if keyed:
            statements.append((sql_locked.FIND_KEYS, _keys_of(keyed)))
        locked, watched, *found = (await self._wire.exchange(statements))[written:]
        in_between = {row[0] for rows in found for row in rows} - known
        if in_between:
            raise BatchConflict(f"{len(in_between)} reservations came in between")
        work.forget_written()
        read_meters(work, locked, watched)
        if len(work.meters) != len(meter_ids):
            self._cache.forget_meters()
            raise BatchConflict(f"{len(meter_ids) - len(work.meters)} meters are not in the table")

    async def _write(self, work: UnitOfWork) -> None:
        if work.unposted:
            raise BatchConflict(f"{len(work.unposted)} postings have no locked meter")
        await self._wire.commit(list(statements_for(work)), self._on_step)


def _post(decided: Decided, work: UnitOfWork) -> Result:
    result, postings = decided
    for posting in postings:
        work.post(*posting)
    return result


def _may_go_early(hold: HoldRow | None) -> bool:
    """Return whether its end may be written before the meters are locked.

    A tombstone may not, nor what frees or holds an idempotency key: another batch that has the meters already could
    wait for these rows when it inserts its own.
    """
    return hold is not None and hold.idempotency_key is None


def _keys_of(commands: Sequence[Reserve]) -> tuple[bytes, bytes]:
    return (
        array([command.tenant_id for command in commands]),
        text_array([command.idempotency_key or "" for command in commands]),
    )
