"""One process's spool file: locked, private, allocated beforehand, and synced before anything is acknowledged.

- The lock (flock) goes with the process, however that ends: who gets it knows that nobody writes here any more.
- Room is allocated before it is promised, so that a full disk refuses new calls and not the ends of begun ones.
- What could not be written and synced is cut off again: the file says nothing that was not acknowledged.

The methods block; `spool.py` calls them in a thread, one at a time.
"""

import fcntl
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from metering.ledger.spool.frames import MAGIC, Read, frames, read
from metering.ledger.spool.records import Record

ENDING = ".spool"
CHUNK = 1 << 20
"""Bytes by which a file grows."""
MOST = 64 << 20
"""Bytes that a file has at most."""
MAKING_S = 60
"""No file takes so long to be made."""
STANDING = 256 << 10
"""Bytes that are always kept for the ends of calls."""


class SpoolFull(Exception):
    """There is no room for more: on the disk, in the process's limits, or in what a spool may take."""


class SpoolFile:
    """A file that this process holds the lock of."""

    def __init__(self, descriptor: int, path: Path) -> None:
        self._descriptor = descriptor
        self._is_closed = False
        self.path = path
        self.size = os.fstat(descriptor).st_size
        """Bytes allocated."""
        self.end = len(MAGIC)
        """Where the next frame goes."""
        self.last = 0
        """The number of the last record."""

    @classmethod
    def create(cls, folder: Path) -> "SpoolFile":
        """A new one. Raises SpoolFull, and OSError where the folder cannot be written."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"{os.getpid()}-{uuid4().hex}{ENDING}"
        being_made = path.with_suffix(".new")
        descriptor = os.open(being_made, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        file = cls(descriptor, path)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            file.grow(STANDING * 2)
            os.pwrite(descriptor, MAGIC, 0)
            os.fsync(descriptor)
            being_made.rename(path)  # whoever looks for abandoned files never sees it without its lock
            _sync_folder(folder)
        except BaseException:
            with suppress(OSError):
                being_made.unlink(missing_ok=True)
                path.unlink(missing_ok=True)
            os.close(descriptor)
            raise
        return file

    @classmethod
    def take_over(cls, path: Path) -> "SpoolFile | None":
        """Somebody else's, if its process is gone; None if it runs, or another process has taken it. Raises OSError."""
        try:
            descriptor = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_there = path.exists() and os.stat(path).st_ino == os.fstat(descriptor).st_ino
        except BlockingIOError:
            is_there = False
        except BaseException:
            os.close(descriptor)
            raise
        if not is_there:
            os.close(descriptor)
            return None
        return cls(descriptor, path)

    def grow(self, size: int) -> None:
        """Allocate at least so many bytes in all. Raises SpoolFull."""
        if size <= self.size:
            return
        if size > MOST:
            raise SpoolFull(f"a spool has at most {MOST} bytes")
        try:
            os.posix_fallocate(self._descriptor, self.size, size - self.size)
        except OSError as error:
            raise SpoolFull(os.strerror(error.errno or 0)) from error
        self.size = size

    def append(self, records: Sequence[Record]) -> None:
        """Write records and sync them. Raises OSError, and then nothing of them is in the file."""
        content = b"".join(
            [frames(self.last + place, record) for place, record in enumerate(records, start=1)]
        )
        try:
            written = 0
            while written < len(content):
                written += os.pwrite(self._descriptor, content[written:], self.end + written)
            os.fdatasync(self._descriptor)
        except OSError:
            self._cut_off()
            raise
        self.end += len(content)
        self.last += len(records)

    def read(self) -> Read:
        """All that it says; what is appended from now on follows that. Raises OSError."""
        found = read(os.pread(self._descriptor, self.size, 0))
        self.end, self.last = found.end, found.last
        return found

    def set_aside(self, ending: str) -> Path:
        """Keep it under another name, for a person to look at. Raises OSError."""
        aside = self.path.with_suffix(ending)
        self.path.rename(aside)
        self.close()
        return aside

    def remove(self) -> None:
        """Remove it, and let go of it. Raises OSError."""
        self.path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Let go of it: whoever looks for abandoned files may take it. It may be closed already."""
        if not self._is_closed:
            os.close(self._descriptor)
        self._is_closed = True

    def _cut_off(self) -> None:
        """Take back what may have been written after the last acknowledged frame, and allocate its room again."""
        with suppress(OSError):
            os.ftruncate(self._descriptor, self.end)
            os.fsync(self._descriptor)
            allocated, self.size = self.size, self.end
            os.posix_fallocate(self._descriptor, self.end, allocated - self.end)
            self.size = allocated


def abandoned(folder: Path) -> tuple[list[SpoolFile], list[OSError]]:
    """The files of processes that are gone, which are this process's now, and why others could not be opened: one that
    is somebody else's keeps nobody from the rest. What a process did not get to make is removed.
    """
    for path in folder.glob("*.new"):
        with suppress(OSError):
            if path.stat().st_mtime < time.time() - MAKING_S and (unmade := SpoolFile.take_over(path)):
                unmade.remove()
    found: list[SpoolFile] = []
    errors: list[OSError] = []
    for path in sorted(folder.glob(f"*{ENDING}")):
        try:
            if (file := SpoolFile.take_over(path)) is not None:
                found.append(file)
        except OSError as error:
            errors.append(error)
    return found, errors


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
