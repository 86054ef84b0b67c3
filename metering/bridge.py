"""One way from sync code into the async gateway: one event loop in a thread for each process.

For Celery tasks, commands, sync views and library users. A server that has an event loop already (ASGI) adopts
it, so that the process keeps one gateway and one ledger writer. A forked child starts anew.
"""

import asyncio
import atexit
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any, TypeVar

T = TypeVar("T")
TIMEOUT_S = 900.0
"""Longer than any call that the gateway lets run."""
CLOSE_S = 10.0
_LOCK_TIMEOUT_S = 10.0


class Bridge:
    """The process's background loop, started by its first use."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def run(self, coroutine: Coroutine[Any, Any, T], *, timeout_s: float = TIMEOUT_S) -> T:
        """Run a coroutine on the process's loop and wait for it.

        Raises what the coroutine raises; TimeoutError after `timeout_s` (the coroutine is cancelled);
        RuntimeError on the loop's own thread, where waiting would stop the loop: await it there instead.
        """
        try:
            loop = self._running_loop()
        except BaseException:
            coroutine.close()
            raise
        future = asyncio.run_coroutine_threadsafe(coroutine, loop)
        try:
            return future.result(timeout_s)
        except FutureTimeout:
            if future.done():
                raise  # the coroutine's own
            future.cancel()
            raise TimeoutError(f"No answer from the gateway within {timeout_s:g} s.") from None
        except BaseException:
            future.cancel()
            raise

    def adopt(self, loop: asyncio.AbstractEventLoop | None) -> None:
        """Use a loop that somebody else runs, or (None) forget it."""
        with self._lock:
            self._loop, self._thread = loop, None

    def close(self) -> None:
        """Stop the loop if it is the bridge's own. What still runs is cancelled and waited for."""
        with self._lock:
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        if loop is not None and thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            thread.join(CLOSE_S)

    def forget(self) -> None:
        """In a forked child: the parent's thread is not here, and its lock may be held by nobody."""
        self.__init__()  # type: ignore[misc]

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        if not self._lock.acquire(timeout=_LOCK_TIMEOUT_S):
            raise RuntimeError("The bridge's lock is stuck.")
        try:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=_serve, args=(self._loop,), name="bridge", daemon=True)
                self._thread.start()
            loop = self._loop
        finally:
            self._lock.release()
        if _running_here() is loop:
            raise RuntimeError("This thread runs the gateway's event loop: await instead of run_sync.")
        return loop


def _running_here() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
        rest = asyncio.all_tasks(loop)
        for task in rest:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*rest, return_exceptions=True))
    finally:
        loop.close()


bridge = Bridge()
os.register_at_fork(after_in_child=bridge.forget)
atexit.register(bridge.close)


def run_sync(coroutine: Coroutine[Any, Any, T], *, timeout_s: float = TIMEOUT_S) -> T:
    """Run a coroutine on this process's loop and wait for it (see `Bridge.run`)."""
    return bridge.run(coroutine, timeout_s=timeout_s)
