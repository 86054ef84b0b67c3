"""A time limit on a block, for less than half the price of `asyncio.timeout`."""

import asyncio
from types import TracebackType


class TimeLimit:
    """Raises TimeoutError in its block after `limit_s`; for the current task alone."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._expired = False

    def __enter__(self) -> None:
        task = asyncio.current_task()
        if task is None:
            raise AssertionError("a coroutine runs in a task")
        self._task = task
        self._timer = asyncio.get_running_loop().call_later(self._limit_s, self._expire)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._expired and self._task.uncancel() == 0 and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def _expire(self) -> None:
        self._expired = True
        self._task.cancel()
