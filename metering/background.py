"""Work that outlives the request it came from: referenced, counted, and waited for at the end."""

import asyncio
import logging
from collections.abc import Collection, Coroutine
from typing import Any, TypeVar

from metering.errors import MeteringError

T = TypeVar("T")
logger = logging.getLogger(__name__)


class BackgroundTasks:
    """Keeps a reference to every task, because the event loop does not. For one event loop."""

    def __init__(self) -> None:
        self._tasks: dict[asyncio.Task[Any], str] = {}
        self._guests: set[asyncio.Task[Any]] = set()

    @property
    def running(self) -> int:
        """How many tasks have not ended."""
        return len(self._tasks)

    def spawn(self, coroutine: Coroutine[Any, Any, T], *, name: str) -> asyncio.Task[T]:
        """Start and return a task. An unexpected failure is logged, whether or not somebody awaits it."""
        task = asyncio.create_task(coroutine, name=name)
        self._tasks[task] = name
        task.add_done_callback(self._ended)
        return task

    def adopt(self, task: asyncio.Task[Any], *, name: str) -> None:
        """Count a task that somebody else has started as one of these, until it is let go of."""
        self._tasks[task] = name
        self._guests.add(task)

    def let_go_of(self, task: asyncio.Task[Any]) -> None:
        """Count an adopted task as one of these no more."""
        del self._tasks[task]
        self._guests.discard(task)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.pop(task, None)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, MeteringError):
            # Whoever awaited the task got the error too, but there may be nobody left.
            logger.error("background.failed", exc_info=error, extra={"task": task.get_name()})

    def cancel(self, names: Collection[str]) -> int:
        """Stop every task of these names, and return how many those are. One that was just spawned takes its first
        step before: what it has to undo in the end is undone.
        """
        stopped = [task for task, name in self._tasks.items() if name in names]
        for task in stopped:
            if task in self._guests:  # later it may have been let go of
                task.cancel()
            else:
                asyncio.get_running_loop().call_soon(task.cancel)
        return len(stopped)

    async def drain(self, deadline_s: float) -> int:
        """Wait for everything, cancel what is left after the deadline, and return how much that was."""
        deadline = asyncio.get_running_loop().time() + deadline_s
        while self._tasks and (left := deadline - asyncio.get_running_loop().time()) > 0:
            await asyncio.wait(self._tasks, timeout=left)
        late = list(self._tasks)
        for task in late:
            task.cancel()
        if late:
            logger.warning("background.cancelled", extra={"tasks": len(late)})
            await asyncio.wait(late, timeout=5)
        return len(late)
