"""One thread writes a process's spool: all records that wait are written and synced together (group commit).

A call that begins is promised room for its end: it is refused where the disk, or what a spool may take, has none left.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple, ParamSpec, TypeVar

from metering.errors import MeteringUnavailable
from metering.ledger.spool.file import CHUNK, STANDING, SpoolFile, SpoolFull
from metering.ledger.spool.frames import frames
from metering.ledger.spool.records import Begun, Record

P = ParamSpec("P")
T = TypeVar("T")
END_ROOM = 8 << 10
"""Bytes kept for the end of each call that has begun."""
logger = logging.getLogger(__name__)


class Unwritten(NamedTuple):
    """A record that waits, and what comes of it: None once it is on the disk."""

    record: Record
    keeps_promise: bool
    """Whether it is the end of a call for which room was kept."""
    written: "asyncio.Future[None]"


class GroupCommit:
    """Belongs to the event loop of its first use."""

    def __init__(
        self, folder: Path, *, taken: Callable[[Record], None], on_step: Callable[[str], None]
    ) -> None:
        """`taken` is told each record once it is on the disk, before whoever waits for it."""
        self._folder = folder
        self._taken = taken
        self._on_step = on_step
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spool")
        self.file: SpoolFile | None = None
        self._promised = 0
        """Bytes kept for ends. The thread's alone."""
        self._is_full = False
        """Whether the log was told that there is no room, and there was none since. The thread's alone."""
        self._waiting: list[Unwritten] = []
        self._task: asyncio.Task[None] | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits to be written."""
        return not self._waiting and self._task is None

    async def create_file(self) -> None:
        """Raises SpoolFull and OSError."""
        self.file = await self.in_thread(SpoolFile.create, self._folder)

    def write(self, record: Record, *, keeps_promise: bool = False) -> "asyncio.Future[None]":
        """Ends once the record is on the disk; with MeteringUnavailable where it is not, and will not be."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(Unwritten(record, keeps_promise, written))
        if self._task is None:
            self._task = asyncio.create_task(self._write_all(), name="spool.write")
        return written

    async def in_thread(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What the function returns, after everything that the thread has to do before."""
        call = partial(function, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)

    async def begin_anew(self) -> None:
        """Replace the file by an empty one; only while nothing in it is needed any more, and nothing waits."""
        await self.in_thread(self._begin_anew)

    async def close(self, within_s: float, *, keep_file: bool) -> None:
        """Write what waits, and let go of the file, or remove it."""
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=within_s)
        await self.in_thread(self._let_go, keep_file)
        self._thread.shutdown()

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                errors = await self.in_thread(self._append, batch)
                for item, error in zip(batch, errors, strict=True):
                    if error is None:
                        self._taken(item.record)
                    if item.written.done():
                        continue
                    if error is None:
                        item.written.set_result(None)
                    else:
                        item.written.set_exception(error)
        finally:
            self._task = None

    def _append(self, batch: Sequence[Unwritten]) -> list[MeteringUnavailable | None]:
        """In the thread: write as much of a batch as there is room for; what came of each record."""
        file = self.file
        if file is None:
            return [
                MeteringUnavailable("The database is away, and this process has no spool.") for _ in batch
            ]
        fits: list[Record] = []
        errors: list[MeteringUnavailable | None] = []
        end, promised = file.end, self._promised
        for item in batch:
            size, is_promise = len(frames(0, item.record)), isinstance(item.record, Begun)
            try:
                make_room(file, end + size + (promised + END_ROOM + STANDING if is_promise else 0))
            except SpoolFull as error:
                if not self._is_full:
                    logger.error("spool.full", extra={"error": str(error), "bytes": file.size})
                self._is_full = True
                errors.append(MeteringUnavailable("The database is away, and the spool has no room left."))
                continue
            errors.append(None)
            fits.append(item.record)
            self._is_full &= not is_promise  # ends have room that was kept for them
            end += size
            promised += END_ROOM * (is_promise - item.keeps_promise)
        self._on_step("spool.write")
        try:
            if fits:
                file.append(fits)
        except OSError as error:
            logger.error("spool.not_written", extra={"error": str(error)})
            failed = MeteringUnavailable("The database is away, and the spool cannot be written.")
            return [failed for _ in batch]
        self._promised = promised
        self._on_step("spool.written")
        return errors

    def _let_go(self, keep_file: bool) -> None:
        if self.file is not None:
            if keep_file:
                self.file.close()
            else:
                self.file.remove()

    def _begin_anew(self) -> None:
        if self.file is None:
            return
        try:
            empty = SpoolFile.create(self._folder)
        except (OSError, SpoolFull) as error:
            logger.warning("spool.not_renewed", extra={"error": str(error)})
            return  # it goes on in the old one
        self.file, old = empty, self.file
        self._promised = 0
        old.remove()


def make_room(file: SpoolFile, until: int) -> None:
    """Allocate the file up to there, in large steps if that can be. Raises SpoolFull."""
    if until <= file.size:
        return
    try:
        file.grow(-(-until // CHUNK) * CHUNK)
    except SpoolFull:
        file.grow(until)
