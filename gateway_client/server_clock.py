"""The gateway's clock, as its answers tell it (`Date`): this machine's may be wrong by minutes."""

import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime


class ServerClock:
    """This machine's clock, put right by the newest answer. Safe to use from several threads."""

    def __init__(self, clock: Callable[[], float] = time.time, *, offset_s: float = 0.0) -> None:
        """`offset_s`: what the gateway's clock was ahead of this machine's, as far as is known."""
        self._clock = clock
        self.offset_s = offset_s

    def now(self) -> float:
        """Seconds since 1970, as the gateway would say, to a second or so."""
        return self._clock() + self.offset_s

    def hear(self, date: str | None) -> None:
        """Takes note of an answer's `Date`; one that is none changes nothing."""
        try:
            told = parsedate_to_datetime(date).timestamp() if date else None
        except (ValueError, OverflowError):
            return
        if told is not None:
            self.offset_s = told - self._clock()
