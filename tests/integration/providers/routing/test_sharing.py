"""What one process finds out about vendors, others know, through a real Redis."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import msgspec
import pytest
import redis

from metering.ids import uuid7
from providers.routing.board import PERMIT_S
from providers.routing.place import Kind, Place
from providers.routing.sharing import CIRCUITS, NEWS
from tests.integration.providers.routing.process import Process, process, until

URL = os.environ["REDIS_URL"]


@pytest.fixture
def vendors() -> tuple[str, str]:
    """Names that no other test uses."""
    return f"acme-{uuid7()}", f"bolt-{uuid7()}"


@pytest.fixture
async def two(vendors: tuple[str, str]) -> AsyncIterator[tuple[Process, Process]]:
    async with AsyncExitStack() as stack:
        pair = [await stack.enter_async_context(process(URL, vendors)) for _ in range(2)]
        await until(lambda: all(one.router.board.is_shared for one in pair))
        yield pair[0], pair[1]


async def test_a_circuit_that_opens_here_is_open_there(two: tuple[Process, Process]) -> None:
    here, there = two
    here.open()
    await until(lambda: there.first() == 1)


async def test_it_opens_and_closes_everywhere_within_a_second_at_the_pace_of_production(
    vendors: tuple[str, str],
) -> None:
    async with process(URL, vendors, beat_s=0.5) as here, process(URL, vendors, beat_s=0.5) as there:
        await until(lambda: here.router.board.is_shared and there.router.board.is_shared)
        here.open()
        began_s = time.monotonic()
        await until(lambda: there.first() == 1)
        there.ends(0)
        await until(lambda: here.first() == 0)
        assert time.monotonic() - began_s < 2.5, "twice, and room for a busy machine"


async def test_a_key_that_rests_here_rests_there(two: tuple[Process, Process]) -> None:
    here, there = two
    here.ends(0, 401)
    await until(lambda: there.first() == 1)


async def test_of_two_processes_one_alone_may_try(two: tuple[Process, Process]) -> None:
    here, there = two
    here.open(cool_s=0.2)
    await until(lambda: there.first() == 1)
    trying = []
    for _ in range(100):
        trying += [one.begins(0) for one in two if one.first() == 0]
        await asyncio.sleep(0.01)
    assert len(trying) == 1


async def test_the_one_that_tries_and_succeeds_closes_it_for_all(two: tuple[Process, Process]) -> None:
    here, there = two
    here.open(cool_s=0.1)
    await until(lambda: bool(there.known))
    await until(lambda: here.first() == 0)
    here.ends(0)
    await until(lambda: not here.known and not there.known)
    assert [here.first(), there.first()] == [0, 0]


async def test_the_one_that_tries_and_fails_opens_it_for_longer_for_all(two: tuple[Process, Process]) -> None:
    here, there = two
    here.open(cool_s=0.1)
    await until(lambda: bool(there.known))
    await until(lambda: there.first() == 0)
    there.ends(0, 500)
    [place] = there.known
    await until(lambda: here.known[place].times == 2)
    assert here.known[place].until_s - time.monotonic() > 5


async def test_a_permit_is_one_redis_key_that_ends_by_itself(two: tuple[Process, Process]) -> None:
    here, _ = two
    here.open(cool_s=0.1)
    await until(lambda: here.first() == 0)
    with redis.Redis.from_url(URL) as client:
        [place] = here.known
        entry = here.known[place]
        name = b"routing:permit:" + msgspec.msgpack.encode((place, entry.stamp))
        assert 0 < client.pttl(name) <= PERMIT_S * 1000


async def test_a_conversation_that_was_served_here_goes_on_there_at_the_same_vendor(
    two: tuple[Process, Process],
) -> None:
    here, there = two
    talk = f"talk-{uuid7()}"
    here.ends(1, conversation=talk)
    await until(lambda: there.first(talk) == 1)
    assert there.first() == 0


async def test_a_process_that_starts_later_learns_both(
    two: tuple[Process, Process], vendors: tuple[str, str]
) -> None:
    here, _ = two
    talk = f"talk-{uuid7()}"
    here.ends(0, conversation=talk)
    here.ends(1, conversation=talk)
    here.open()
    await until(lambda: not here.router.board.changed and not here.router.conversations.news)
    async with process(URL, vendors) as late:
        await until(lambda: late.first(talk) == 1 and late.first() == 1)


async def test_another_versions_entries_are_passed_over(two: tuple[Process, Process]) -> None:
    here, there = two
    with redis.Redis.from_url(URL) as client:
        client.hset(CIRCUITS, b"\xc1", b"nonsense")
        client.xadd(NEWS, {"of": b"\xc1"})
        client.xadd(NEWS, {"else": b"1"})
        try:
            here.open()
            await until(lambda: there.first() == 1)
        finally:
            client.hdel(CIRCUITS, b"\xc1")


async def test_what_is_over_is_taken_away(two: tuple[Process, Process], vendors: tuple[str, str]) -> None:
    here, _ = two
    place = Place(Kind.REST, vendors[0], "", "small", "")
    here.router.board.put(place, 0.2, status=429)
    with redis.Redis.from_url(URL) as client:
        field = msgspec.msgpack.encode(place)
        await until(lambda: client.hexists(CIRCUITS, field))
        await until(lambda: not client.hexists(CIRCUITS, field))


async def test_no_key_and_no_conversation_stands_in_redis(two: tuple[Process, Process]) -> None:
    here, _ = two
    here.ends(0, conversation="canary-conversation")
    await until(lambda: not here.router.conversations.news)
    with redis.Redis.from_url(URL) as client:
        said = b"".join(value for _, fields in client.xrange(NEWS) for value in fields.values())
    assert b"canary" not in said
