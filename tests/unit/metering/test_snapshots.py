import asyncio
import threading
from collections.abc import Iterator

import pytest

from metering.orm import close_database_threads
from metering.snapshots import Snapshots

# The functions run on the database threads, which look after Django's connections.
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    yield
    close_database_threads()


class Source:
    def __init__(self) -> None:
        self.reads: list[str] = []
        self.now = 0.0
        self.gate = threading.Event()
        self.gate.set()

    def load(self, name: str) -> str:
        self.gate.wait(5)
        self.reads.append(name)
        if name == "broken":
            raise LookupError(name)
        return name.upper()


@pytest.fixture
def source() -> Source:
    return Source()


async def test_a_warm_key_is_not_read_again_within_a_second(source: Source) -> None:
    snapshots = Snapshots(source.load, clock=lambda: source.now)
    assert [await snapshots.get("a", "a"), await snapshots.get("a", "a")] == ["A", "A"]
    assert source.reads == ["a"]
    source.now = 1.01
    await snapshots.get("a", "a")
    assert source.reads == ["a", "a"]


async def test_callers_that_miss_together_share_one_read(source: Source) -> None:
    snapshots = Snapshots(source.load)
    source.gate.clear()
    waiting = [asyncio.create_task(snapshots.get("a", "a")) for _ in range(20)]
    await asyncio.sleep(0.01)
    waiting[0].cancel()
    source.gate.set()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert answers[1:] == ["A"] * 19
    assert source.reads == ["a"]


async def test_errors_are_raised_and_not_kept(source: Source) -> None:
    snapshots = Snapshots(source.load)
    for _ in range(2):
        with pytest.raises(LookupError):
            await snapshots.get("broken", "broken")
    assert source.reads == ["broken", "broken"]


async def test_the_oldest_entries_make_room(source: Source) -> None:
    snapshots = Snapshots(source.load, max_entries=2)
    for name in "abca":
        await snapshots.get(name, name)
    assert source.reads == ["a", "b", "c", "a"]


async def test_clearing_forgets(source: Source) -> None:
    snapshots = Snapshots(source.load)
    await snapshots.get("a", "a")
    snapshots.clear()
    await snapshots.get("a", "a")
    assert len(source.reads) == 2
