"""A room has a bounded number of places for callers who are not known yet, and a bounded line in front of it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from metering.errors import Overloaded


class Room:
    """Lets `places` callers in at a time, `per_address` of them from one address. The next ones wait their turn, and
    those of an address that has its share are passed by.
    """

    def __init__(
        self,
        *,
        places: int,
        per_address: int,
        waiting: int = 0,
        line_share: float = 1 / 2,
        wait_s: float = 0.0,
    ) -> None:
        """Of the `waiting`, those of one address may be `line_share`; each waits `wait_s` at most."""
        self._places = places
        self._per_address = per_address
        self._most_waiting = waiting
        self._most_of_an_address = waiting * line_share
        self._wait_s = wait_s
        self._taken: Counter[str] = Counter()
        self._in_all = 0
        self._turns: dict[asyncio.Future[None], str] = {}
        self._in_line: Counter[str] = Counter()

    @property
    def waiting(self) -> int:
        """Returns how many callers wait for a place."""
        return len(self._turns)

    def try_enter(self, address: str) -> bool:
        """Take a place if one is free; whoever got it has to `leave`."""
        if self._in_all >= self._places or self._taken[address] >= self._per_address:
            return False
        self._in_all += 1
        self._taken[address] += 1
        return True

    def leave(self, address: str) -> None:
        """Gives a place back. The first waiting caller whose address may have it gets it at once."""
        self._in_all -= 1
        self._taken[address] -= 1
        if not self._taken[address]:
            del self._taken[address]
        for turn, whose in self._turns.items():
            if not turn.done() and self.try_enter(whose):
                turn.set_result(None)
                return

    @asynccontextmanager
    async def place(self, address: str) -> AsyncIterator[None]:
        """Holds a place while the block runs. Raises Overloaded if none becomes free in time."""
        await self.enter(address)
        try:
            yield
        finally:
            self.leave(address)

    async def enter(self, address: str) -> None:
        """Wait for a place and take it. Raises Overloaded where too many wait already, or where it takes too long."""
        if not self.try_enter(address):
            await self._wait(address)

    async def _wait(self, address: str) -> None:
        if self.waiting >= self._most_waiting or self._in_line[address] >= self._most_of_an_address:
            raise Overloaded("Too many requests wait already; try again in a moment.")
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._turns[turn] = address
        self._in_line[address] += 1
        try:
            async with asyncio.timeout(self._wait_s):
                await turn
        except TimeoutError:
            if not _came(turn):  # else it came in the same moment
                raise Overloaded(
                    "The requests before this one take too long; try again in a moment."
                ) from None
        except asyncio.CancelledError:
            if _came(turn):
                self.leave(address)
            raise
        finally:
            del self._turns[turn]
            self._in_line[address] -= 1
            if not self._in_line[address]:
                del self._in_line[address]


def _came(turn: "asyncio.Future[None]") -> bool:
    return turn.done() and not turn.cancelled()
