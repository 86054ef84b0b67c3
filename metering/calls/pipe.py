"""A bounded pipe from a running call to a caller who may be slow, or gone."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from functools import partial

from metering.errors import MeteringError
from metering.time_limits import coarse_timers

MAX_EVENTS = 64
"""Events that wait for a slow caller; then the vendor's stream is read no further."""
NOTHING_YET = b""
"""What a patient reader gets instead of an event: it has waited for as long as it wanted to. No event is empty."""


class Pipe:
    """One writer, one reader, one event loop. Once abandoned, what is written goes nowhere, without waiting.

    With `patience_s`, no wait of the reader is much longer than that. One timer looks after all of a pipe's waits,
    because a timer for each event would cost more than the event.
    """

    def __init__(self, *, patience_s: float | None = None, since_s: float = 0.0) -> None:
        """The first wait counts from `since_s` (monotonic time)."""
        self._events: deque[bytes] = deque()
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._ended = False
        self._abandoned = False
        self._error: BaseException | None = None
        self._waits_since_s = since_s
        self._timer: object = None
        if patience_s is not None:
            self._look(patience_s)

    async def put(self, event: bytes) -> None:
        """Hand over one event, and wait while the caller is behind."""
        await self._room.wait()
        if self._abandoned:
            return
        self._events.append(event)
        self._changed.set()
        if len(self._events) >= MAX_EVENTS:
            self._room.clear()

    def end(self, error: BaseException | None = None) -> None:
        """No more events; `error` is raised to the reader after those already there. The first end counts."""
        if not self._ended:
            self._ended, self._error = True, error
            self._changed.set()
            coarse_timers().cancel(self._timer)

    def abandon(self) -> None:
        """The reader has gone."""
        self._abandoned = self._ended = True
        self._changed.set()
        self._events.clear()
        self._room.set()
        coarse_timers().cancel(self._timer)

    async def ready(self) -> bool:
        """Wait for the first event or the end; False: patience ended before. Raises an error that no event preceded."""
        await self._changed.wait()
        if not self._events and self._error is not None:
            raise self._error
        return self._ended or bool(self._events)

    async def read(self) -> AsyncIterator[bytes]:
        """The events in order, and NOTHING_YET whenever patience ends. Raises the writer's error after the last one."""
        while True:
            while self._events:
                event = self._events.popleft()
                self._room.set()
                yield event
            if self._ended:
                break
            self._changed.clear()
            self._waits_since_s = time.monotonic()
            await self._changed.wait()
            if not self._events and not self._ended:
                yield NOTHING_YET
        if self._error is not None:
            raise self._error

    def _look(self, patience_s: float) -> None:
        """Let a reader go on who has waited for `patience_s`; look again when that can next be so."""
        left_s = self._waits_since_s + patience_s - time.monotonic()
        if left_s <= 0:
            self._changed.set()  # it already is while the reader is busy with what it has read
            left_s = patience_s
        self._timer = coarse_timers().start(left_s, partial(self._look, patience_s))


class MeteredStream:
    """A streamed answer: events as JSON. Use it as an async context manager: leaving it early abandons the call."""

    def __init__(
        self, pipe: Pipe, *, on_abandon: Callable[[], None], stop: Callable[[], object] = lambda: None
    ) -> None:
        """`stop` breaks the call off, whatever its policy says of callers who go away."""
        self._pipe = pipe
        self._on_abandon = on_abandon
        self.stop = stop
        self._finished = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Raises MeteringError where the call failed later. Who asked with patience gets NOTHING_YET in silences."""
        try:
            async for event in self._pipe.read():
                yield event
            self._finished = True
        except MeteringError:
            self._finished = True
            raise
        finally:
            self.close()

    def close(self) -> None:
        """Say that nobody reads any more."""
        if not self._finished:
            self._finished = True
            self._pipe.abandon()
            self._on_abandon()
