"""A bounded pipe from a running call to a caller who may be slow, or gone."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable

from metering.errors import MeteringError

MAX_EVENTS = 64
"""Events that wait for a slow caller; then the vendor's stream is read no further."""


class Channel:
    """One writer, one reader, one event loop. Once abandoned, what is written goes nowhere, without waiting."""

    def __init__(self) -> None:
        self._events: deque[bytes] = deque()
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._ended = False
        self._abandoned = False
        self._error: BaseException | None = None

    async def put(self, event: bytes) -> None:
        """Hand over one event, waiting while the caller is behind."""
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

    def abandon(self) -> None:
        """The reader has gone."""
        self._abandoned = self._ended = True
        self._changed.set()
        self._events.clear()
        self._room.set()

    async def ready(self) -> None:
        """Wait for the first event. Raises the error if there was one before any event."""
        await self._changed.wait()
        if not self._events and self._error is not None:
            raise self._error

    async def read(self) -> AsyncIterator[bytes]:
        """The events in order. Raises the writer's error after the last one."""
        while True:
            while self._events:
                event = self._events.popleft()
                self._room.set()
                yield event
            if self._ended:
                break
            self._changed.clear()
            await self._changed.wait()
        if self._error is not None:
            raise self._error


class MeteredStream:
    """A streamed answer: events as JSON. Use it as an async context manager: leaving it early abandons the call."""

    def __init__(self, channel: Channel, *, on_abandon: Callable[[], None]) -> None:
        self._channel = channel
        self._on_abandon = on_abandon
        self._finished = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Raises MeteringError where the call failed after the first event."""
        try:
            async for event in self._channel.read():
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
            self._channel.abandon()
            self._on_abandon()
