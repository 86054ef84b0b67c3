"""One batch, one transaction: lock reservations, write ends, lock meters, evaluate in Python, write, commit.

The database's clock, read once after the reservations are locked, picks the windows and decides expiry, so
neither a node's clock nor a wait for a lock can bend them. Meters are hot: they are locked as late as can be.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from metering.ids import derived_id, time_ms_of
from metering.ledger.books import Books, Hold, MetersNeeded, Posting
from metering.ledger.check import MAX_ADJUSTMENTS
from metering.ledger.commands import Adjust, Command, Expire, Extend, Release, Reserve, Settle
from metering.ledger.engine import apply
from metering.ledger.partitions import month_of
from metering.ledger.postgres import sql
from metering.ledger.postgres.connect import connect
from metering.ledger.postgres.literals import int_array, text_array, uuid_array
from metering.ledger.postgres.read import entry_from, hold_from, meter_from
from metering.ledger.postgres.windows import WindowCache
from metering.ledger.postgres.wire import Statement, Wire
from metering.ledger.postgres.write import statements_for
from metering.ledger.results import Reason, Refused, Result
from metering.types import ReservationState

CLOCK_TOLERANCE_MS = 86_400_000
"""A new reservation's or tombstone's id may be this far from the database's clock: its month must be open."""

MAX_OUTDATED = 5
"""How often a batch is begun again at once because another process came in between."""

Step = Callable[[str], None]
Decided = tuple[Result, list[Posting]]
"""An answer, and what it changes on the meters."""


class BatchOutdated(Exception):
    """Another process changed what this batch was built on; nothing was written, and it is to be tried again."""


class PostgresStore:
    """A dedicated connection and what it remembers. Carries out one batch at a time."""

    def __init__(self, conninfo: str, windows: WindowCache, *, on_step: Step | None = None) -> None:
        self._conninfo = conninfo
        self._wire: Wire | None = None
        self._windows = windows
        self._on_step = on_step

    async def close(self) -> None:
        """Close the connection; the next batch opens another. What was not committed is gone."""
        wire, self._wire = self._wire, None
        if wire is not None:
            await wire.connection.close()

    async def run(self, commands: Sequence[Command], *, skip_locked: bool = False) -> list[Result]:
        """Carry out at most one command for each reservation, all committed together, and answer in order.

        Raises psycopg.Error; whether the batch was committed is then unknown, and the same commands may be sent again.
        """
        for _ in range(MAX_OUTDATED):
            try:
                return await self._run_once(commands, skip_locked)
            except BatchOutdated:
                if self._wire is not None:
                    await self._wire.exchange([("ROLLBACK", ())])
        return await self._run_once(commands, skip_locked)

    async def _run_once(self, commands: Sequence[Command], skip_locked: bool) -> list[Result]:
        if self._wire is None:
            self._wire = Wire(await connect(self._conninfo))
        wire = self._wire
        self._step("before_lock")
        books = await self._lock_holds(wire, commands, skip_locked)
        await self._load_for_adjustments(wire, commands, books)
        meter_ids = await self._meters_wanted(wire, commands, books)
        if meter_ids is None:
            return await self._run_once(commands, skip_locked)
        decided = self._decide_ends(commands, books, skip_locked)
        await self._lock_meters(wire, commands, meter_ids, books)
        self._step("after_lock")
        results = [
            self._post(decided[place], books)
            if place in decided
            else self._answer(command, books, skip_locked)
            for place, command in enumerate(commands)
        ]
        await self._write(wire, books)
        self._step("after_commit")
        return results

    def _decide_ends(
        self, commands: Sequence[Command], books: Books, skip_locked: bool
    ) -> dict[int, Decided]:
        """The ends that no counter can change: their rows are written while others still have the meters."""
        decided: dict[int, Decided] = {}
        for place, command in enumerate(commands):
            if isinstance(command, Settle | Release | Expire) and _may_go_early(
                books.holds.get(command.reservation_id)
            ):
                try:
                    result = self._answer(command, books, skip_locked)
                except MetersNeeded:
                    continue
                decided[place] = result, books.unposted
                books.unposted = []
        return decided

    def _post(self, decided: Decided, books: Books) -> Result:
        result, postings = decided
        for posting in postings:
            books.post(posting)
        return result

    def _step(self, name: str) -> None:
        if self._on_step is not None:
            self._on_step(name)

    async def _lock_holds(self, wire: Wire, commands: Sequence[Command], skip_locked: bool) -> Books:
        lock = sql.LOCK_FREE_HOLDS if skip_locked else sql.LOCK_HOLDS
        keyed = [c for c in commands if isinstance(c, Reserve) and c.idempotency_key is not None]
        statements: list[Statement] = [
            ("BEGIN", ()),
            (lock, (uuid_array(sorted([c.reservation_id for c in commands])),)),
            (sql.CLOCK, ()),
        ]
        if keyed:
            statements.append((sql.HOLDS_BY_KEY, _keys_of(keyed)))
        _, held, [(moment,)], *twins = await wire.exchange(statements)
        books = Books(now=moment, kinds=self._windows.kinds)
        for row in held:
            books.holds[row[0]] = hold_from(row)
        for row in twins[0] if twins else ():
            twin = books.holds.get(row[0]) or hold_from(row)
            books.keys[twin.tenant_id, twin.idempotency_key or ""] = twin
        return books

    async def _load_for_adjustments(self, wire: Wire, commands: Sequence[Command], books: Books) -> None:
        late = [
            c for c in commands if isinstance(c, Adjust) or _is_provisional(books.holds.get(c.reservation_id))
        ]
        if not late:
            return
        months = {c.reservation_id: month_of(_moment_of(c.reservation_id)) for c in late}
        wanted = "{" + ",".join(str(month) for month in sorted(set(months.values()))) + "}"
        [periods] = await wire.exchange([(sql.SHARE_PERIODS, (wanted,))])
        closed = {month for month, state in periods if state != "open"}
        books.sealed = frozenset(id_ for id_, month in months.items() if month in closed)
        adjusted = [c.reservation_id for c in late if isinstance(c, Adjust)]
        ids = [derived_id(id_, number) for id_ in adjusted for number in range(MAX_ADJUSTMENTS + 2)]
        [rows] = await wire.exchange([(sql.ENTRIES_BY_ID, (uuid_array(ids),))])
        for row in rows:
            entry = entry_from(row)
            books.past_entries.setdefault(entry.reservation_id, []).append(entry)

    async def _meters_wanted(self, wire: Wire, commands: Sequence[Command], books: Books) -> set[int] | None:
        """The meters to lock, or None after meters had to be opened: the batch then starts again."""
        keys = [line.meter for c in commands if isinstance(c, Reserve | Extend) for line in c.lines]
        books.open_meters, missing = self._windows.find(keys, books.now)
        if missing:
            await wire.exchange([("ROLLBACK", ())])
            await self._windows.open(wire.connection, missing, books.now)
            return None
        meter_ids = set(books.open_meters.values())
        for hold in books.holds.values():
            meter_ids.update(hold.meter_ids)
        return meter_ids

    async def _lock_meters(
        self, wire: Wire, commands: Sequence[Command], meter_ids: set[int], books: Books
    ) -> None:
        """Write what is decided, lock the meters, and look whether a new reservation came in meanwhile.

        A reserve sent twice may wait here for its own first copy: it would be denied by its own hold, or wait
        for it again when it is inserted. The same goes for the holder of its idempotency key.
        """
        new = [c for c in commands if isinstance(c, Reserve) and c.reservation_id not in books.holds]
        keyed = [c for c in new if c.idempotency_key and (c.tenant_id, c.idempotency_key) not in books.keys]
        known = set(books.holds)
        statements = list(statements_for(books))
        written = len(statements)
        statements.append((sql.LOCK_METERS, (int_array(sorted(meter_ids)),)))
        if new:
            statements.append((sql.FIND_HOLDS, (uuid_array([c.reservation_id for c in new]),)))
        if keyed:
            statements.append((sql.FIND_KEYS, _keys_of(keyed)))
        locked, *found = (await wire.exchange(statements))[written:]
        in_between = {row[0] for rows in found for row in rows} - known
        if in_between:
            raise BatchOutdated(f"{len(in_between)} reservations came in between")
        books.forget_written()
        for row in locked:
            books.meters[row[0]] = meter_from(row)
        self._windows.learn(books.meters)
        if len(books.meters) != len(meter_ids):
            self._windows.clear()
            raise BatchOutdated(f"{len(meter_ids) - len(books.meters)} meters are not in the table")

    def _answer(self, command: Command, books: Books, skip_locked: bool) -> Result:
        if skip_locked and command.reservation_id not in books.holds:
            return Refused(reservation_id=command.reservation_id, reason=Reason.NOT_FOUND, state=None)
        is_new = isinstance(command, Reserve | Release) and command.reservation_id not in books.holds
        if (
            is_new
            and abs(time_ms_of(command.reservation_id) - books.now.timestamp() * 1000) > CLOCK_TOLERANCE_MS
        ):
            return Refused(reservation_id=command.reservation_id, reason=Reason.BAD_ID, state=None)
        return apply(command, books)

    async def _write(self, wire: Wire, books: Books) -> None:
        if books.unposted:
            raise BatchOutdated(f"{len(books.unposted)} postings have no locked meter")
        statements: list[Statement] = list(statements_for(books))
        if self._on_step is not None:
            await wire.exchange(statements)
            self._on_step("before_commit")
            statements = []
        await wire.exchange([*statements, ("COMMIT", ())])


def _may_go_early(hold: Hold | None) -> bool:
    """Not a tombstone, nor what frees or holds an idempotency key: another batch that has the meters already
    could wait for these rows when it inserts its own."""
    return hold is not None and hold.idempotency_key is None


def _keys_of(commands: Sequence[Reserve]) -> tuple[str, str]:
    return (
        uuid_array([command.tenant_id for command in commands]),
        text_array([command.idempotency_key or "" for command in commands]),
    )


def _is_provisional(hold: Hold | None) -> bool:
    return hold is not None and hold.state == ReservationState.EXPIRED and hold.provisional


def _moment_of(reservation_id: UUID) -> datetime:
    return datetime.fromtimestamp(time_ms_of(reservation_id) / 1000, UTC)
