"""An answer that is sent in parts has a deadline: whoever takes hardly anything in has gone, in effect."""

import asyncio
import time

from starlette.types import Message, Send

from metering.coarse_timers import coarse_timers

STALL_S = 30.0
"""How long a caller may take in nothing of an answer while more of it waits. Buffers lie in between, so this begins
some time after the caller has stopped reading."""
LEAST_BYTES = 16 * 1024
"""What a caller has to take in within STALL_S of waiting: one byte now and then is no reading."""
WAITING = 0.9
"""Of STALL_S: what counts as waiting for all of it. A slow answer waits for its vendor, not for its caller."""


class ReaderStalled(OSError):
    """The caller takes in nothing of the answer."""


class Writing:
    """The parts of one answer. One timer looks after all of them: a timer for each would cost more than the part."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._sender: asyncio.Task[object] | None = None
        self._since_s = 0.0
        """When the part that is being sent was begun; 0: none is."""
        self._waited_s = 0.0
        self._taken = 0
        self._timers = coarse_timers()
        self._timer = self._timers.start(STALL_S, self._look)
        self.has_stalled = False

    async def part(self, message: Message) -> None:
        """Send one part. Raises ReaderStalled where that takes too long."""
        self._sender, self._since_s = asyncio.current_task(), time.monotonic()
        try:
            await self._send(message)
            self._taken += len(message.get("body", b""))
        except asyncio.CancelledError:
            if self.has_stalled and self._sender is not None and self._sender.uncancel() == 0:
                raise ReaderStalled("The caller takes in nothing of the answer.") from None
            raise
        finally:
            self._waited_s += time.monotonic() - self._since_s
            self._since_s = 0.0

    def close(self) -> None:
        """No more parts."""
        self._timers.cancel(self._timer)

    def _look(self) -> None:
        """Whether the last STALL_S were spent waiting for the caller, and next to nothing was taken in."""
        waited_s, taken = self._waited_s, self._taken
        if self._since_s:
            now_s = time.monotonic()
            waited_s += now_s - self._since_s
            self._waited_s = self._since_s - now_s  # what is counted now is not counted again
            if waited_s >= STALL_S * WAITING and taken < LEAST_BYTES and self._sender is not None:
                self.has_stalled = True
                self._sender.cancel()
                return
        else:
            self._waited_s = 0.0
        self._taken = 0
        self._timer = self._timers.start(STALL_S, self._look)
