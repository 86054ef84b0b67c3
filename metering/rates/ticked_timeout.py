"""A time limit that a busy process cannot mistake for a silent server."""

import asyncio
from types import TracebackType

TICKS = 5


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
