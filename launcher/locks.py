"""The file locks by which the processes of one state folder agree; the kernel drops them when a process dies.

- `start.lock`, exclusive: held while servers are started or stopped.
- `in-use.lock`, shared: held by every process that uses the servers.
- `keeper.lock`, exclusive: held by the keeper for life; contains its process id.
"""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path
from typing import IO


@contextlib.contextmanager
def start_lock(state_dir: Path) -> Iterator[None]:
    with (state_dir / "start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def in_use_lock(state_dir: Path) -> IO[str]:
    """The open file, not locked yet."""
    return (state_dir / "in-use.lock").open("w")


def keeper_lock(state_dir: Path) -> IO[str]:
    """The open file, not locked yet."""
    return (state_dir / "keeper.lock").open("a+")


def try_exclusive(lock: IO[str]) -> bool:
    """Take the lock alone, or say that somebody else holds it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def keeper_pid(state_dir: Path) -> int | None:
    """The keeper's process id, or None when no keeper watches this folder."""
    with keeper_lock(state_dir) as lock:
        if try_exclusive(lock):
            return None
        lock.seek(0)
        content = lock.read().strip()
        return int(content) if content.isdigit() else None
