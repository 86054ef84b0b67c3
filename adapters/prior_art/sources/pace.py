"""How fast one service is asked, by all tasks of this process together."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from adapters.prior_art.sources.port import SearchFailed


class Pace:
    """At most `at_once` requests at a time, and `requests` in any `per_s` seconds. It belongs to one event loop."""

    def __init__(self, *, title: str, at_once: int, requests: int, per_s: float) -> None:
        self._title = title
        self._places = asyncio.Semaphore(at_once)
        self._per_s = per_s
        self._sent_at: deque[float] = deque(maxlen=requests)
        self._closed_until = 0.0

    def close_for(self, wait_s: float) -> None:
        """The service wants no request for so long."""
        self._closed_until = max(self._closed_until, asyncio.get_running_loop().time() + wait_s)

    @asynccontextmanager
    async def turn(self, deadline: float) -> AsyncGenerator[None, None]:
        """The right to send one request now. Raises SearchFailed if it does not come before the deadline."""
        try:
            async with asyncio.timeout_at(deadline):
                await self._places.acquire()
        except TimeoutError:
            raise SearchFailed(f"{self._title} was busy until the deadline.", is_final=True) from None
        try:
            await self._wait(deadline)
            yield
        finally:
            self._places.release()

    async def _wait(self, deadline: float) -> None:
        now = asyncio.get_running_loop().time()
        at = max(now, self._closed_until)
        if len(self._sent_at) == self._sent_at.maxlen:
            at = max(at, self._sent_at[0] + self._per_s)
        if at >= deadline:
            raise SearchFailed(
                f"{self._title} is to be asked again in {at - now:,.0f} seconds, which is after the deadline.",
                is_final=True,
            )
        self._sent_at.append(at)  # before waiting, so that whoever comes next waits behind
        await asyncio.sleep(at - now)
