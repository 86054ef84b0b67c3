"""Which files of ours a program enters between two moments, in every thread: a function for `sys.setprofile`."""

import gc
import os
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from launcher.configuration import REPOSITORY

OURS = tuple(
    f"{REPOSITORY / package}{os.sep}" for package in ("gateway_project", "metering", "providers", "adapters")
)
Entries = tuple[tuple[str, str], ...]
"""Files in order of entry, each with the function through which it was entered first."""


class Entered:
    """Notes the files of ours that are entered from the call of `first` until a call at which `is_over`."""

    def __init__(self, first: CodeType, is_over: Callable[[FrameType], bool]) -> None:
        self._first = first
        self._is_over = is_over
        self._waiting: set[FrameType] = set()
        """Frames that led to `first`. They do not count when they are resumed."""
        self.is_armed = False
        """Whether the last moment is still to come."""
        self._entries: dict[str, str] | None = None
        """The first function of each file; None before `first` is called."""

    def arm(self) -> None:
        """Trace from the next call of `first`."""
        self._waiting, self._entries, self.is_armed = set(), None, True

    def read(self) -> Entries:
        """Return the files in order of entry. Raises RuntimeError if the last moment has not come."""
        if self.is_armed or self._entries is None:
            raise RuntimeError(f"what {self._first.co_qualname} began did not come to its end")
        self._waiting = set()
        return tuple(self._entries.items())

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        """Handle an event of `sys.setprofile`; any thread may call it."""
        if not self.is_armed or event != "call":
            return
        if self._entries is None:
            if frame.f_code is not self._first:
                return
            self._entries, self._waiting = {}, _frames_below(frame)
        file = frame.f_code.co_filename
        if file.startswith(OURS) and frame not in self._waiting:
            if self._is_over(frame):
                self.is_armed = False
                return
            self._entries.setdefault(os.path.relpath(file, REPOSITORY), frame.f_code.co_qualname)


def _frames_below(frame: FrameType) -> set[FrameType]:
    below = frame.f_back
    return {below, *_frames_below(below)} if below is not None else set()


def connections_here() -> list[psycopg.BaseConnection[Any]]:
    """Return this process's connections to a database."""
    gc.unfreeze()  # frozen objects are not listed
    return [each for each in gc.get_objects() if isinstance(each, psycopg.BaseConnection)]


def has_sent(connection: psycopg.BaseConnection[Any]) -> bool:
    """Whether the connection has sent SQL that is not answered, or is in a transaction."""
    return connection.pgconn.transaction_status not in (TransactionStatus.IDLE, TransactionStatus.UNKNOWN)
