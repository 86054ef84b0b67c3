"""Reads an answer under one timer, which ends one that lets its reader wait, or goes on, for too long."""

import asyncio

from providers.openai_compatible.exchange import VendorResponse

SHORTEST_GAP_S = 0.1
"""So that a timer does not look again and again while nobody reads."""


class TimedReader:
    """Its gap counts only while it waits for bytes: a slow caller is not the vendor's fault.

    The HTTP client's own timers are set anew at each read, which costs a chunk as much as reading it.
    """

    def __init__(self, response: VendorResponse, *, ends_at_s: float, gap_s: float) -> None:
        """`ends_at_s` is on the loop's clock."""
        self.is_over = False
        self._gap_s = gap_s
        self._left_s: float | None = None
        """For all further waits together."""
        self._response = response
        self._ends_at_s = ends_at_s
        self._loop = asyncio.get_running_loop()
        self._waiting_since_s: float | None = None
        self._timer = self._loop.call_at(self._next_look_s(self._loop.time()), self._look)

    def limit_gap(self, gap_s: float) -> None:
        """From now on the next bytes may take no longer than this."""
        self._left_s = None
        self._set_gap(gap_s)

    def limit_rest(self, rest_s: float) -> None:
        """From now on all further bytes together may take no longer than this."""
        if self._left_s is None:
            self._left_s = rest_s
        self._set_gap(max(self._left_s, SHORTEST_GAP_S))

    async def read(self) -> bytes:
        """The next bytes; nothing at the end. Raises what the HTTP client does, and TimeoutError."""
        if self._left_s is not None and self._left_s <= 0:
            raise TimeoutError
        since_s = self._waiting_since_s = self._loop.time()
        try:
            return await self._response.content.readany()
        except Exception as error:
            if self.is_over:
                raise TimeoutError from error
            raise
        finally:
            self._waiting_since_s = None
            if self._left_s is not None:
                self._left_s -= self._loop.time() - since_s

    def stop(self) -> None:
        """Stop watching the time."""
        self._timer.cancel()

    def _set_gap(self, gap_s: float) -> None:
        if gap_s == self._gap_s:
            return
        self._gap_s = gap_s
        self._timer.cancel()
        self._timer = self._loop.call_at(self._next_look_s(self._loop.time()), self._look)

    def _look(self) -> None:
        now_s = self._loop.time()
        next_s = self._next_look_s(now_s)
        if next_s <= now_s:
            self.is_over = True
            self._response.close()
        else:
            self._timer = self._loop.call_at(next_s, self._look)

    def _next_look_s(self, now_s: float) -> float:
        since_s = now_s if self._waiting_since_s is None else self._waiting_since_s
        return min(self._ends_at_s, since_s + self._gap_s)
