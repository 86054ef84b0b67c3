"""Bounds the time that a body takes to arrive.

A caller who is known has WHOLE_S, as long as LEAST_BYTES come in any STALL_S. A stranger has STRANGERS_S, and after
AT_ONCE_S needs one of the places for slow strangers, or a proof of who they are.
"""

import asyncio
import time
from functools import partial
from types import TracebackType

from gateway_project.http.errors import BodyTimeout
from gateway_project.http.room import Room
from gateway_project.http.stranger import Stranger
from metering.coarse_timers import coarse_timers
from metering.errors import MeteringError, Overloaded

STALL_S = 20.0
LEAST_BYTES = 4 * 1024
"""The bytes that have to arrive within any STALL_S. A caller who sends fewer counts as stalled."""
WHOLE_S = 600.0
"""The most seconds that a known caller's whole body may take."""
AT_ONCE_S = 0.5
"""A stranger's body that arrives within these seconds needs no place for slow strangers."""
STRANGERS_S = 10.0
"""The most seconds that a stranger's whole body may take."""
SLOW_STRANGERS = Room(places=32, per_address=8)
"""The places for strangers' bodies that take longer than AT_ONCE_S. Who finds none is refused at once."""


class BodyClock:
    """Ends its block with BodyTimeout or Overloaded when the body takes too long; for the current task alone."""

    def __init__(self, stranger: Stranger | None) -> None:
        """`stranger`: who sends the body; None if they have shown who they are."""
        self._stranger = stranger
        self._began_s = time.monotonic()
        self.length = 0
        """The bytes that have arrived so far. Whoever reads the body keeps this up to date."""
        self._length_before = 0
        self._error: MeteringError | None = None
        self._closer_look: asyncio.Task[None] | None = None

    def __enter__(self) -> "BodyClock":
        self._task = asyncio.current_task()
        self._timers = coarse_timers()
        if self._stranger is None:
            self._timer = self._timers.start(STALL_S, self._look)
        else:
            self._timer = self._timers.start(AT_ONCE_S, partial(self._look_closer, self._stranger))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timers.cancel(self._timer)
        if self._closer_look is not None:
            self._closer_look.cancel()
        if self._error is None or self._task is None:
            return
        if self._task.uncancel() == 0 and kind is asyncio.CancelledError:
            raise self._error from None

    def _look(self) -> None:
        """Run every STALL_S: end the block unless enough has come since the last time."""
        if time.monotonic() >= self._began_s + WHOLE_S:
            self._end(BodyTimeout(f"The body took longer than {WHOLE_S:g} s."))
        elif self.length < self._length_before + LEAST_BYTES:
            self._end(BodyTimeout(f"Less than {LEAST_BYTES:,} bytes of the body came in {STALL_S:g} s."))
        else:
            self._length_before = self.length
            self._timer = self._timers.start(STALL_S, self._look)

    def _look_closer(self, stranger: Stranger) -> None:
        self._closer_look = asyncio.create_task(self._bound(stranger), name="body.stranger")

    async def _bound(self, stranger: Stranger) -> None:
        """Give one who can show who they are more time, and another one a place for slow strangers if one is free."""
        if await stranger.is_known():
            self._timer = self._timers.start(STALL_S, self._look)
            return
        if not SLOW_STRANGERS.try_enter(stranger.address):
            self._end(Overloaded("Too many requests without a credential are slow already; send it at once."))
            return
        try:
            await asyncio.sleep(self._began_s + STRANGERS_S - time.monotonic())
            self._end(
                BodyTimeout(f"The body of a request without a credential has {STRANGERS_S:g} s to come.")
            )
        finally:
            SLOW_STRANGERS.leave(stranger.address)

    def _end(self, error: MeteringError) -> None:
        if self._task is not None:
            self._error = error
            self._task.cancel()
