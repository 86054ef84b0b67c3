"""Timers that hardly ever fire, for the price of a dictionary's entry: one timer of the event loop looks after all."""

import asyncio
from collections.abc import Callable
from types import TracebackType

LOOK_S = 0.1


class CoarseTimers:
    """Callbacks that are due, at most `LOOK_S` late. For one event loop at a time."""

    def __init__(self) -> None:
        self._open: dict[object, tuple[float, Callable[[], None]]] = {}
        self._looking: asyncio.TimerHandle | None = None

    def start(self, delay_s: float, callback: Callable[[], None]) -> object:
        """Call back after the delay, unless the returned timer is cancelled before."""
        loop = asyncio.get_running_loop()
        timer = object()
        self._open[timer] = loop.time() + delay_s, callback
        if self._looking is None or len(self._open) == 1:  # the one that looked may have been another loop's
            if self._looking is not None:
                self._looking.cancel()
            self._looking = loop.call_later(LOOK_S, self._look, loop)
        return timer

    def cancel(self, timer: object) -> None:
        """It may have called back already."""
        self._open.pop(timer, None)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now_s = loop.time()
        for timer, (due_s, callback) in list(self._open.items()):
            if due_s <= now_s and timer in self._open:  # a callback before this one may have cancelled it
                del self._open[timer]
                callback()
        self._looking = loop.call_later(LOOK_S, self._look, loop) if self._open else None


timers = CoarseTimers()


class Patience:
    """Raises TimeoutError in its block after `limit_s`, at most `LOOK_S` late; for the current task alone."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._expired = False

    def __enter__(self) -> None:
        task = asyncio.current_task()
        if task is None:
            raise AssertionError("a coroutine runs in a task")
        self._task = task
        self._timer = timers.start(self._limit_s, self._expire)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        timers.cancel(self._timer)
        if self._expired and self._task.uncancel() == 0 and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def _expire(self) -> None:
        self._expired = True
        self._task.cancel()
