"""Notices that a caller disconnects before there is an answer, and cancels the call: its policy decides what then."""

import asyncio
from types import TracebackType

from starlette.requests import ClientDisconnect, Request

from metering.coarse_timers import coarse_timers

WATCH_AFTER_S = 0.25
"""A watcher costs a call 10 microseconds, so those that are answered sooner do without one."""


class UnlessDisconnected:
    """Cancels the task that is in this block when the caller disconnects; the block then ends with ClientDisconnect.

    For use once the body was read: what the server has to say after that is that the caller has gone.
    """

    def __init__(self, request: Request) -> None:
        self._receive = request.receive
        self._gone = False
        self._watcher: asyncio.Task[None] | None = None

    def __enter__(self) -> None:
        self._task = asyncio.current_task()
        self._timers = coarse_timers()
        self._timer = self._timers.start(WATCH_AFTER_S, self._watch)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timers.cancel(self._timer)
        if self._watcher is not None:
            self._watcher.cancel()
        if self._gone and self._task is not None and self._task.uncancel() == 0:
            raise ClientDisconnect from error

    def _watch(self) -> None:
        self._watcher = asyncio.create_task(self._until_gone(), name="request.watch")

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        if self._task is not None:
            self._gone = True
            self._task.cancel()
