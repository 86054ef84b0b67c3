"""Each part of an answer has a deadline. A caller who takes in hardly anything counts as disconnected."""

import asyncio

from starlette.types import Message, Send

from metering.time_limits import coarse_timers

STALL_S = 30.0
"""How long a caller may take in nothing of an answer while more of it waits. Buffers lie in between, so this begins
some time after the caller has stopped reading."""
LOOKS = 10
"""In STALL_S. A caller for whom an answer waits at each of them, and who takes in next to nothing in between, has
stalled; an answer that waits for its vendor is hardly ever found waiting for its caller."""
LEAST_BYTES = 16 * 1024
"""The bytes that a caller has to take in within STALL_S. One who takes in fewer counts as stalled."""


class ReaderStalled(OSError):
    """Raised where the caller takes in nothing of the answer."""


class Writing:
    """Sends the parts of one answer, from the task that makes it. One timer looks after all of them, because a timer
    for each would cost more than the part.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._sender = asyncio.current_task()
        self._waits = False
        self._taken = self._taken_before = self._stalled_looks = 0
        self._timers = coarse_timers()
        self._timer = self._timers.start(STALL_S / LOOKS, self._look)
        self.has_stalled = False

    async def part(self, message: Message) -> None:
        """Sends one part. Raises ReaderStalled if the caller takes in too little for too long."""
        self._waits = True
        try:
            await self._send(message)
        except asyncio.CancelledError:
            if self.has_stalled and self._sender is not None and self._sender.uncancel() == 0:
                raise ReaderStalled("The caller takes in nothing of the answer.") from None
            raise
        self._waits = False
        self._taken += len(message.get("body", b""))

    def close(self) -> None:
        """Stop the timer: no more parts come."""
        self._timers.cancel(self._timer)

    def _look(self) -> None:
        stalls = self._waits and self._taken < self._taken_before + LEAST_BYTES // LOOKS
        self._taken_before = self._taken
        self._stalled_looks = self._stalled_looks + 1 if stalls else 0
        if self._stalled_looks >= LOOKS and self._sender is not None:
            self.has_stalled = True
            self._sender.cancel()
        else:
            self._timer = self._timers.start(STALL_S / LOOKS, self._look)
