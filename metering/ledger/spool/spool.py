"""Keeps what the ledger cannot be told now, and tells it as soon as it can be.

1. What a call is let in with, and what it used, is on the disk before it goes on (group_commit.py).
2. A call that the ledger does not know begins only if its end will have room too, and if what this process has spent
   unseen, and may spend, stays within the call's cap.
3. Calls that have ended are told to the ledger: first the ends of those that it knows, which gives back what they hold,
   then the others. Whatever interrupts that, it begins again with the same commands.
4. Once nothing is left the file is replaced by an empty one.
5. The files of processes that are gone are taken over, and told too.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from metering.amounts import Amounts
from metering.errors import MeteringUnavailable
from metering.ids import uuid7
from metering.ledger.commands import Extend, Release, Reserve, Settle
from metering.ledger.port import Ledger
from metering.ledger.spool.calls import SpooledCall, id_of
from metering.ledger.spool.file import SpoolFile, SpoolFull
from metering.ledger.spool.group_commit import GroupCommit
from metering.ledger.spool.left import Left, put_away, set_aside, take_over
from metering.ledger.spool.records import Begun, Booked, Enlarged, Record, Released, Renamed, Settled
from metering.ledger.spool.replay import Told, tell

AT_ONCE = 64
"""Calls that the ledger is told of at the same time."""
RETRY_S, LONGEST_RETRY_S = 0.25, 5.0
LOOK_S = 30.0
"""How often files of processes that are gone are looked for, and the log says what waits."""
CLOSE_S = 5.0
logger = logging.getLogger(__name__)


class Spool:
    """One process's spool. Belongs to the event loop that started it."""

    def __init__(
        self, folder: Path, ledger: Ledger, *, on_step: Callable[[str], None] = lambda step: None
    ) -> None:
        """`on_step` is told each step of writing and telling, in whichever thread takes it."""
        self._folder = folder
        self._ledger = ledger
        self._on_step = on_step
        self._writer = GroupCommit(folder, taken=self._take, on_step=on_step)
        self._calls: dict[UUID, SpooledCall] = {}
        """Of this process, by reservation."""
        self._left: list[Left] = []
        self.unseen_nano_usd = 0
        """What calls have spent, or may spend while they run, that no budget has seen yet."""
        self.refused = self.damaged = 0
        """Calls and records for which a person has to look, since this process began."""
        self.unreadable = 0
        """Files that the last look could not open."""
        self._due = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._is_closing = False

    @property
    def waiting(self) -> int:
        """Count the calls that the ledger has to be told of, running ones too."""
        return len(self._calls) + sum([len(left.calls) for left in self._left])

    @property
    def oldest_s(self) -> float:
        """How long ago the oldest of them began, in seconds; 0 if there is none."""
        everything = [*self._calls.values(), *[call for left in self._left for call in left.calls.values()]]
        return (
            max(0.0, time.time() - min([each.began_ms for each in everything]) / 1000) if everything else 0.0
        )

    @property
    def bytes(self) -> int:
        """The size of what waits in this process's own file."""
        file = self._writer.file
        return file.end if file is not None and self._calls else 0

    async def start(self) -> None:
        """Make the file, and begin to look after it and what others left. Without a file nothing can be spooled."""
        try:
            await self._writer.create_file()
        except (OSError, SpoolFull) as error:
            logger.error("spool.unusable", extra={"folder": str(self._folder), "error": str(error)})
        await self.take_over()
        self._task = asyncio.create_task(self._look_after(), name="spool")

    async def close(self) -> None:
        """Write what waits, and leave what the ledger was not told of to whoever comes next."""
        self._is_closing = True
        self._due.set()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=CLOSE_S)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self.waiting:
            logger.warning("spool.left", extra=self._facts())
        for left in self._left:
            await self._writer.in_thread(left.file.close)
        await self._writer.close(CLOSE_S, keep_file=bool(self._calls))

    async def keep(self, end: Settle | Release) -> bool:
        """Keep the end of a call that the ledger knows, and return whether that worked."""
        try:
            await self._write(Settled(end) if isinstance(end, Settle) else Released(end))
        except MeteringUnavailable as error:
            facts = {"reservation_id": str(end.reservation_id), "error": error.message}
            logger.error("spool.not_kept", extra=facts)
            return False
        return True

    async def begin(self, reserve: Reserve, *, cap_nano_usd: int) -> None:
        """Let a call begin that the ledger does not know. Raises MeteringUnavailable where it may not."""
        await self._promise(Begun(reserve), reserve.bound, cap_nano_usd)

    async def enlarge(self, extend: Extend, *, cap_nano_usd: int) -> None:
        """Let it use more than at first. Raises MeteringUnavailable where it may not."""
        await self._promise(Enlarged(extend), extend.bound, cap_nano_usd)

    async def end(self, end: Settle | Release) -> None:
        """End a call that `begin` let begin, if it did. Raises MeteringUnavailable where that could not be written."""
        if end.reservation_id in self._calls:
            await self._write(Settled(end) if isinstance(end, Settle) else Released(end))

    async def _promise(self, record: Record, bound: Amounts, cap_nano_usd: int) -> None:
        cost = bound.cost_nano_usd
        if self.unseen_nano_usd + cost > cap_nano_usd:
            sentence = "The database is away, and as much was spent meanwhile as the rule open_cap lets."
            raise MeteringUnavailable(sentence)
        self.unseen_nano_usd += cost
        try:
            await self._write(record)
        finally:
            self.unseen_nano_usd -= cost  # what was written counts by itself

    async def _write(self, record: Record) -> None:
        """Return once the record is on the disk. Raises MeteringUnavailable, and then it is not."""
        call = self._calls.get(id_of(record))
        is_end = isinstance(record, Settled | Released)
        keeps = is_end and call is not None and call.reserve is not None and call.end is None
        written = self._writer.write(record, keeps_promise=keeps)
        try:
            await asyncio.shield(written)
        except asyncio.CancelledError:
            if isinstance(record, Begun):
                written.add_done_callback(lambda done: self._undo(record.reserve, done))
            raise

    def _undo(self, reserve: Reserve, written: "asyncio.Future[None]") -> None:
        """Nobody will end a call whose caller has gone meanwhile."""
        if not written.cancelled() and written.exception() is None:
            release = Release(reservation_id=reserve.reservation_id, tenant_id=reserve.tenant_id)
            self._writer.write(Released(release), keeps_promise=True)

    def _take(self, record: Record) -> None:
        """Count a record that was written."""
        reservation_id = id_of(record)
        call = self._calls.get(reservation_id)
        if call is None:
            call = self._calls[reservation_id] = SpooledCall(reservation_id=reservation_id)
        self.unseen_nano_usd -= call.unseen_nano_usd
        call.add(record)
        self.unseen_nano_usd += call.unseen_nano_usd
        if call.end is not None:
            self._due.set()

    async def _look_after(self) -> None:
        looked_s, retry_s = time.monotonic(), RETRY_S
        while not self._is_closing:
            if time.monotonic() - looked_s >= LOOK_S:
                looked_s = time.monotonic()
                await self.take_over()
                if self.waiting:
                    logger.warning("spool.waiting", extra=self._facts())
            self._due.clear()
            pause_s = retry_s
            try:
                if told := await self.tell_all():
                    logger.warning("spool.told", extra={"calls": told, **self._facts()})
                pause_s, retry_s = LOOK_S, RETRY_S
            except (MeteringUnavailable, OSError, SpoolFull) as error:
                logger.info("spool.not_told", extra={"error": type(error).__name__})
                retry_s = min(2 * retry_s, LONGEST_RETRY_S)
            except Exception:
                logger.exception("spool.failed")
                retry_s = LONGEST_RETRY_S
            await self._pause(pause_s, until_due=pause_s == LOOK_S)

    async def _pause(self, pause_s: float, *, until_due: bool) -> None:
        """Wait so long, or until a call is due if that is to end it; a spool that is closed waits no longer."""
        ends_s = time.monotonic() + pause_s
        while not self._is_closing and (left_s := ends_s - time.monotonic()) > 0:
            if until_due and self._due.is_set():
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(left_s if until_due else min(left_s, RETRY_S)):
                    await (self._due.wait() if until_due else asyncio.sleep(left_s))

    def _facts(self) -> dict[str, object]:
        return {"waiting": self.waiting, "oldest_s": round(self.oldest_s), "bytes": self.bytes}

    async def tell_all(self) -> int:
        """Tell the ledger of all calls that have ended; how many those were.

        Raises MeteringUnavailable while it is away, and OSError and SpoolFull where a file cannot be written. What it
        was told of before counts.
        """
        told = 0
        for left in list(self._left):
            told += await self._tell(left.calls, left.calls.values(), left.file)
            await self._writer.in_thread(put_away, left)
            self._left.remove(left)
        file = self._writer.file
        if file is not None:
            ended = [call for call in self._calls.values() if call.end is not None]
            told += await self._tell(self._calls, ended, file)
            if file.last and not self._calls and self._writer.is_idle:
                await self._writer.begin_anew()
        return told

    async def _tell(self, calls: dict[UUID, SpooledCall], due: Iterable[SpooledCall], file: SpoolFile) -> int:
        """Tell the ledger of these calls, forget in `calls` those that it took, and return how many those are."""
        due, told = list(due), 0
        known, unknown = [c for c in due if c.reserve is None], [c for c in due if c.reserve is not None]
        for some in (known, unknown):  # what the ledger knows gives back what it holds
            for start in range(0, len(some), AT_ONCE):
                batch = some[start : start + AT_ONCE]
                answers = await asyncio.gather(
                    *[self._tell_of(call, file) for call in batch], return_exceptions=True
                )
                done = [call for call, answer in zip(batch, answers, strict=True) if answer is None]
                for call in done:
                    del calls[call.reservation_id]
                    self.unseen_nano_usd -= call.unseen_nano_usd
                told += len(done)
                self._on_step("spool.told")
                await self._writer.in_thread(_note, file, [Booked(call.reservation_id) for call in done])
                for answer in answers:
                    if answer is not None:
                        raise answer
        return told

    async def _tell_of(self, call: SpooledCall, file: SpoolFile) -> None:
        told, reason = await tell(self._ledger, call)
        if told is Told.TOO_OLD and call.booked_as is None:
            booked_as = uuid7()
            await self._writer.in_thread(file.append, [Renamed(call.reservation_id, booked_as)])
            call.booked_as = booked_as
            told, reason = await tell(self._ledger, call)
        self._on_step("spool.call_told")
        if told is not Told.BOOKED:
            await self._writer.in_thread(set_aside, self._folder, call)
            self.refused += 1
            facts = {"reservation_id": str(call.reservation_id), "reason": reason}
            logger.error("spool.refused", extra=facts)

    async def take_over(self) -> int:
        """Take the files of processes that are gone; how many those are. `unreadable` counts what cannot be read."""
        found, errors = await self._writer.in_thread(take_over, self._folder)
        self.unreadable = len(errors)
        for error in errors:
            logger.error("spool.unusable", extra={"folder": str(self._folder), "error": str(error)})
        for left in found:
            self._left.append(left)
            self.unseen_nano_usd += sum([call.unseen_nano_usd for call in left.calls.values()])
            self.damaged += left.damaged
            if left.calls or left.damaged or left.torn:
                facts = {"calls": len(left.calls), "damaged": left.damaged, "torn": left.torn}
                logger.warning("spool.taken_over", extra={"file": left.file.path.name, **facts})
        return len(found)


def _note(file: SpoolFile, records: Sequence[Record]) -> None:
    """Say that these are told; if that cannot be written they are told again, to no effect."""
    if records:
        try:
            file.append(records)
        except OSError as error:
            logger.warning("spool.not_noted", extra={"error": str(error)})
