"""One process's router that shares what it knows, in this event loop or as a program of its own."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace

from msgspec import Struct

from providers.port import Failure, ProviderError
from providers.routing.board import Board, Entry
from providers.routing.place import Place
from providers.routing.router import Router
from providers.routing.sharing import Sharing
from providers.routing.watch import Watch

WITHIN_S = 20.0


class Model(Struct, frozen=True, kw_only=True):
    """A candidate."""

    provider_name: str
    physical_name: str = "small"
    key_of: None = None


class Process:
    """A router and its sharing, with two vendors of which the first is cheaper."""

    def __init__(self, url: str, vendors: tuple[str, str], *, beat_s: float = 0.05) -> None:
        self.models = tuple(Model(provider_name=name) for name in vendors)
        self.router = Router(Board())
        for model in self.models:
            self.router.endpoint(model.provider_name, None, [""])
        self.sharing = Sharing(url, self.router.board, self.router.conversations, beat_s=beat_s)

    @property
    def known(self) -> dict[Place, Entry]:
        """What is known of these vendors; Redis has those of other tests too."""
        names = [model.provider_name for model in self.models]
        return {place: entry for place, entry in self.router.board.entries.items() if place.provider in names}

    def first(self, conversation: str | None = None) -> int:
        """The place of the candidate that a call would be sent to."""
        return self.router.order(self.models, [1_000, 2_000], conversation)[0]

    def ends(self, place: int, status: int | None = None, conversation: str | None = None) -> None:
        """A call of this candidate ends: well, or with this status."""
        end(self.begins(place, conversation), status)

    def begins(self, place: int, conversation: str | None = None) -> Watch:
        """A call of this candidate begins."""
        model = self.models[place]
        sent_by = SimpleNamespace(sent=True, key="")
        return self.router.begin(model.provider_name, None, model.physical_name, sent_by, conversation)

    def open(self, *, cool_s: float | None = None) -> None:
        """Fail until the first candidate's circuit opens; then let it cool for so long."""
        for _ in range(5):
            self.ends(0, 500)
        if cool_s is not None:
            for place, entry in self.known.items():
                self.router.board.put(place, cool_s, times=entry.times)


def end(watch: Watch, status: int | None) -> None:
    """It ends: well, or with this status."""
    if status is None:
        watch.answered(10)
    else:
        watch.failed(ProviderError("no", failure=Failure.REFUSED, retryable=True, status=status))


@asynccontextmanager
async def process(url: str, vendors: tuple[str, str], *, beat_s: float = 0.05) -> AsyncIterator[Process]:
    """One that runs, and ends with the block."""
    one = Process(url, vendors, beat_s=beat_s)
    one.sharing.start()
    try:
        yield one
    finally:
        await one.sharing.close()


async def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)


async def probe_as_told(url: str, first: str, second: str) -> None:
    """Sends calls wherever they are ordered, which all fail at the first vendor; each line read is one second of calls.

    Prints how many went there.
    """
    async with process(url, (first, second), beat_s=0.1) as one:
        await until(lambda: one.router.board.is_shared)
        print("ready", flush=True)
        loop = asyncio.get_running_loop()
        while await loop.run_in_executor(None, sys.stdin.readline):
            sent, ends_at_s = 0, time.monotonic() + 1.0
            while time.monotonic() < ends_at_s:
                if one.first() == 0:
                    sent += 1
                    watch = one.begins(0)
                    await asyncio.sleep(0.05)
                    end(watch, 500)
                await asyncio.sleep(0.002)
            print(sent, flush=True)


if __name__ == "__main__":
    asyncio.run(probe_as_told(*sys.argv[1:4]))
