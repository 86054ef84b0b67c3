"""A key's room is one for all processes, through a real Redis; without it each process has its own."""

import asyncio
import os
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from gateway_project.vendor_room import VendorRoom
from launcher.redis import EmbeddedRedis
from metering.ids import uuid7
from metering.rates.process_buckets import ProcessBuckets
from metering.rates.shared_buckets import RedisBuckets, SharedBuckets
from providers.keys import Key
from providers.routing.board import Board
from providers.routing.endpoint import Endpoint
from providers.routing.place import tag_of
from tests.unit.providers.routing.world import Clock

KEY = Key("secret", 1, tag_of("secret"))


async def rooms_at(url: str, *, number: int = 2) -> AsyncIterator[list[tuple[VendorRoom, RedisBuckets]]]:
    made = [RedisBuckets(url, call_limit_s=10) for _ in range(number)]
    for each in made:
        await each.start()
    yield [(VendorRoom(SharedBuckets(each)), each) for each in made]
    for each in made:
        await each.close()


@pytest.fixture
async def rooms() -> AsyncIterator[list[tuple[VendorRoom, RedisBuckets]]]:
    async for each in rooms_at(os.environ["REDIS_URL"]):
        yield each


def call(model: str, *, payload: bytes = b"", input_bound: int = 10**9, **limits: int) -> Any:
    return SimpleNamespace(
        model=model,
        payload=payload,
        input_bound=input_bound,
        output_limit=10,
        traits=limits,
        attempt_id=str(uuid7()),
    )


async def waits_s(room: VendorRoom, made: Any, key: Key = KEY, owner: str = "") -> float:
    taking = room.taking(made, Endpoint(Board(), "acme", owner, [key.tag]))
    assert taking is not None
    return await taking(key)


async def test_two_processes_let_exactly_as_many_through_as_the_vendor_allows(rooms: Any) -> None:
    model = f"model-{uuid7()}"
    made = call(model, requests_per_minute=3)
    waits = await asyncio.gather(*[waits_s(room, made) for room, _ in rooms for _ in range(20)])
    assert waits.count(0.0) == 3
    assert all(58 < wait_s <= 60 for wait_s in waits if wait_s)


async def test_keys_models_and_owners_have_room_of_their_own(rooms: Any) -> None:
    room, _ = rooms[0]
    model, another = f"model-{uuid7()}", Key("another", 2, tag_of("another"))
    one = call(model, requests_per_minute=1)
    assert await waits_s(room, one) == 0
    assert await waits_s(room, one) > 0
    assert await waits_s(room, one, another) == 0
    assert await waits_s(room, one, owner="alder") == 0
    assert await waits_s(room, call(f"{model}-large", requests_per_minute=1)) == 0


async def test_requests_and_tokens_are_taken_together_or_not_at_all(rooms: Any) -> None:
    room, _ = rooms[0]
    model = f"model-{uuid7()}"
    assert await waits_s(room, call(model, requests_per_minute=2, tokens_per_minute=15)) == 0
    assert await waits_s(room, call(model, requests_per_minute=2, tokens_per_minute=15)) > 0, "no tokens"
    assert await waits_s(room, call(model, requests_per_minute=2)) == 0, "the request was not taken"


async def test_a_key_that_refuses_a_call_gets_its_tokens_back_when_the_next_one_is_taken(rooms: Any) -> None:
    room, _ = rooms[0]
    made = call(f"model-{uuid7()}", tokens_per_minute=10)
    another = Key("another", 2, tag_of("another"))
    assert await waits_s(room, made) == 0
    assert await waits_s(room, made, another) == 0

    async with asyncio.timeout(20):  # in a minute the room would come back by itself
        while await waits_s(room, call(made.model, tokens_per_minute=10)):  # noqa: ASYNC110 - it is in Redis
            await asyncio.sleep(0.05)


async def test_a_picture_takes_the_tokens_that_are_held_for_it_and_not_those_of_its_bytes() -> None:
    room = VendorRoom(ProcessBuckets())
    pictures = [
        call("m", payload=bytes(3_000_000), input_bound=1_500, tokens_per_minute=4_000) for _ in range(3)
    ]
    assert [await waits_s(room, picture) == 0 for picture in pictures] == [True, True, False]


async def test_what_a_call_of_more_than_a_minute_did_not_use_is_not_taken_off_what_others_use() -> None:
    clock = Clock()
    room = VendorRoom(ProcessBuckets(clock=clock), clock=clock)
    slow = call("m", input_bound=90, payload=bytes(1_000), tokens_per_minute=100)
    assert await waits_s(room, slow) == 0
    clock.now_s += 62
    assert await waits_s(room, call("m", input_bound=90, payload=bytes(1_000), tokens_per_minute=100)) == 0
    room._end(slow.attempt_id, 5)
    assert await waits_s(room, call("m", tokens_per_minute=100)) > 0


def test_without_a_limit_there_is_nothing_to_take() -> None:
    room = VendorRoom(SharedBuckets(RedisBuckets("redis://127.0.0.1:1")))
    endpoint = Endpoint(Board(), "acme", "", [KEY.tag])
    assert room.taking(call("small"), endpoint) is None
    assert room.taking(SimpleNamespace(traits={"reasoning": True}), endpoint) is None  # type: ignore[arg-type]


@pytest.mark.slow
async def test_while_redis_is_away_each_process_has_the_whole_room(own_redis: EmbeddedRedis) -> None:
    async for rooms in rooms_at(own_redis.url):
        own_redis.stop()
        async with asyncio.timeout(20):
            while any(redis.is_reachable for _, redis in rooms):  # noqa: ASYNC110 - it is another process
                await asyncio.sleep(0.02)
        made = call("small", requests_per_minute=2)
        waits = [await waits_s(room, made) for room, _ in rooms for _ in range(3)]
        assert [wait_s == 0 for wait_s in waits] == [True, True, False] * 2
