"""Time limits that hardly ever end, for the price of a dictionary's entry: one timer of the event loop looks after all.

`asyncio.timeout` costs several microseconds, because each has a timer of its own. Beside them stands a limit that a
busy process cannot mistake for a silent server."""

import asyncio
import threading
from collections.abc import Callable
from contextvars import Context, copy_context
from types import TracebackType

LOOK_S = 0.1
TICKS = 5
"""Turns of the event loop in a TickedTimeout."""


class CoarseTimers:
    """Callbacks that are due, at most `LOOK_S` late. For one event loop at a time."""

    def __init__(self) -> None:
        self._open: dict[object, tuple[float, Callable[[], None], Context]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_looking = False

    def start(self, delay_s: float, callback: Callable[[], None]) -> object:
        """Call back after the delay, unless the returned timer is cancelled before."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._open.clear()  # whatever is left belongs to a loop that has ended
            self._loop, self._is_looking = loop, False
        if not self._is_looking:
            self._is_looking = True
            loop.call_later(LOOK_S, self._look, loop, context=Context())
        timer = object()
        self._open[timer] = loop.time() + delay_s, callback, copy_context()
        return timer

    def cancel(self, timer: object) -> None:
        """It may have called back already."""
        self._open.pop(timer, None)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now_s = loop.time()
        for timer, (due_s, callback, context) in list(self._open.items()):
            if due_s <= now_s and timer in self._open:  # a callback before this one may have cancelled it
                del self._open[timer]
                context.run(callback)  # for whoever started it, whoever was the first to be looked after
        self._is_looking = bool(self._open)
        if self._is_looking:
            loop.call_later(LOOK_S, self._look, loop)


class _OfThread(threading.local):
    """The timers of one thread, which runs one event loop at a time."""

    def __init__(self) -> None:
        self.timers = CoarseTimers()


_of_thread = _OfThread()


def coarse_timers() -> CoarseTimers:
    """Return the timers of this thread's event loop."""
    return _of_thread.timers


class CoarseTimeout:
    """Raises TimeoutError in its block after `limit_s`, at most `LOOK_S` late; for the current task alone."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._expired = False

    def __enter__(self) -> None:
        task = asyncio.current_task()
        if task is None:
            raise AssertionError("a coroutine runs in a task")
        self._task = task
        self._timers = coarse_timers()
        self._timer = self._timers.start(self._limit_s, self._expire)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timers.cancel(self._timer)
        if self._expired and self._task.uncancel() == 0 and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def _expire(self) -> None:
        self._expired = True
        self._task.cancel()


class TickedTimeout:
    """Raises TimeoutError in its block after `limit_s` of waiting, counted in turns of the event loop.

    A plain timeout also fires when the loop itself was held up for that long: the answer is in the socket, but
    the clock is looked at first. Here a hold-up of any length counts as one tick of a fifth of the limit.
    """

    def __init__(self, limit_s: float) -> None:
        self._tick_s = limit_s / TICKS
        self._left = TICKS
        self._expired = False

    async def __aenter__(self) -> "TickedTimeout":
        task = asyncio.current_task()
        if task is None:
            raise AssertionError("a coroutine runs in a task")
        self._task = task
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(self._tick_s, self._tick)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._expired and self._task.uncancel() == 0 and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def _tick(self) -> None:
        self._left -= 1
        if self._left:
            self._timer = self._loop.call_later(self._tick_s, self._tick)
        else:
            self._expired = True
            self._task.cancel()
