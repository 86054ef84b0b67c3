import asyncio
from collections.abc import Iterable

import pytest

from gateway_project.http.room import Room
from metering.errors import Overloaded


class Visitors:
    """Who stay in the room until they are let go."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self.inside: list[str] = []
        self.go = asyncio.Event()

    async def visit(self, address: str) -> None:
        async with self._room.place(address):
            self.inside.append(address)
            await self.go.wait()

    async def come(self, addresses: Iterable[str]) -> "list[asyncio.Task[None]]":
        tasks = [asyncio.create_task(self.visit(address)) for address in addresses]
        await asyncio.sleep(0.01)
        return tasks


async def test_an_address_has_its_share_and_passes_by_nobody() -> None:
    visitors = Visitors(Room(places=3, per_address=2, waiting=10, wait_s=5))
    tasks = await visitors.come("aaab")
    assert visitors.inside == ["a", "a", "b"]
    visitors.go.set()
    await asyncio.gather(*tasks)
    assert sorted(visitors.inside) == ["a", "a", "a", "b"]


async def test_who_leaves_lets_in_the_next_one_who_may() -> None:
    room = Room(places=2, per_address=1, waiting=10, wait_s=5)
    assert room.try_enter("a")
    assert room.try_enter("b")
    visitors = Visitors(room)
    tasks = await visitors.come("ab")
    room.leave("b")
    await asyncio.sleep(0.01)
    assert visitors.inside == ["b"]
    room.leave("a")
    visitors.go.set()
    await asyncio.gather(*tasks)
    assert visitors.inside == ["b", "a"]


async def test_the_line_has_an_end_and_one_address_has_half_of_it() -> None:
    visitors = Visitors(Room(places=1, per_address=1, waiting=4, wait_s=5))
    tasks = await visitors.come("aaa")
    with pytest.raises(Overloaded):
        await visitors.visit("a")
    tasks += await visitors.come("bb")
    with pytest.raises(Overloaded):
        await visitors.visit("c")
    visitors.go.set()
    await asyncio.gather(*tasks)


async def test_who_waits_too_long_or_leaves_the_line_takes_no_place() -> None:
    room = Room(places=1, per_address=1, waiting=4, wait_s=0.01)
    assert room.try_enter("a")
    with pytest.raises(Overloaded):
        await room.enter("a")
    waiting = asyncio.create_task(room.enter("a"))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert room.waiting == 0
    room.leave("a")
    assert room.try_enter("a")


async def test_who_leaves_the_line_when_their_turn_has_come_gives_it_back() -> None:
    room = Room(places=1, per_address=1, waiting=4, wait_s=5)
    assert room.try_enter("a")
    waiting = asyncio.create_task(room.enter("a"))
    await asyncio.sleep(0)
    room.leave("a")
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert room.try_enter("a")
