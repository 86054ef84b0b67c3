"""Answers in a real Redis: bounded, for a while, and gone without harm when Redis is."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
import redis

from launcher.redis import EmbeddedRedis
from metering.answer_cache.key import CacheKey
from metering.answer_cache.store import AWAY_S, RedisAnswers, StoreAway

ALDER, BIRCH = UUID(int=0xA), UUID(int=0xB)
GENEROUS_S = 10.0


def key(number: int, tenant: UUID = ALDER) -> CacheKey:
    return CacheKey(tenant_id=tenant, digest=number.to_bytes(32, "big"))


@pytest.fixture
async def answers(own_redis: EmbeddedRedis) -> AsyncIterator[RedisAnswers]:
    """Room for 1,000 bytes and four entries of each tenant."""
    answers = RedisAnswers(own_redis.url, call_limit_s=GENEROUS_S, most_bytes=1_000, most_entries=4)
    yield answers
    await answers.close()


async def kept(answers: RedisAnswers, *numbers: int, tenant: UUID = ALDER) -> list[int]:
    return [number for number in numbers if await answers.get(key(number, tenant)) is not None]


async def test_what_was_kept_is_found_until_its_time_is_over(
    answers: RedisAnswers, own_redis: EmbeddedRedis
) -> None:
    await answers.put(key(1), b"one", ttl_s=60)
    assert await answers.get(key(1)) == b"one"
    assert await answers.get(key(2)) is None
    with redis.Redis.from_url(own_redis.url) as client:
        assert 50 < client.ttl(f"answers:{ALDER}:{key(1).name}") <= 60


async def test_the_same_digest_of_another_tenant_is_another_entry(answers: RedisAnswers) -> None:
    await answers.put(key(1), b"alder's", ttl_s=60)
    assert await answers.get(key(1, BIRCH)) is None


async def test_beyond_the_bytes_what_ends_first_makes_room(answers: RedisAnswers) -> None:
    await answers.put(key(1), b"x" * 400, ttl_s=60)
    await answers.put(key(2), b"x" * 400, ttl_s=30)
    await answers.put(key(3), b"x" * 400, ttl_s=60)
    assert await kept(answers, 1, 2, 3) == [1, 3]


async def test_beyond_the_number_what_ends_first_makes_room(answers: RedisAnswers) -> None:
    for number in range(6):
        await answers.put(key(number), b"x", ttl_s=60 + number)
    assert await kept(answers, *range(6)) == [2, 3, 4, 5]


async def test_one_tenant_s_answers_never_make_room_for_another_s(answers: RedisAnswers) -> None:
    await answers.put(key(1), b"x" * 900, ttl_s=60)
    for number in range(5):
        await answers.put(key(number, BIRCH), b"x" * 900, ttl_s=60)
    assert await kept(answers, 1) == [1]
    assert await kept(answers, *range(5), tenant=BIRCH) == [4]


async def test_an_entry_that_is_kept_again_counts_once(answers: RedisAnswers) -> None:
    for _ in range(10):
        await answers.put(key(1), b"x" * 400, ttl_s=60)
    await answers.put(key(2), b"x" * 400, ttl_s=60)
    assert await kept(answers, 1, 2) == [1, 2]


async def test_what_has_ended_makes_room_by_itself(answers: RedisAnswers, own_redis: EmbeddedRedis) -> None:
    await answers.put(key(1), b"x" * 900, ttl_s=1)
    async with asyncio.timeout(30):
        while await answers.get(key(1)) is not None:  # noqa: ASYNC110 - it is Redis's clock
            await asyncio.sleep(0.05)
    await answers.put(key(2), b"x" * 900, ttl_s=60)
    assert await kept(answers, 2) == [2]
    with redis.Redis.from_url(own_redis.url) as client:
        assert client.hgetall(f"answers:{ALDER}:sizes") == {key(2).name.encode(): b"900", b"all": b"900"}


async def test_an_entry_larger_than_all_room_is_not_kept(answers: RedisAnswers) -> None:
    await answers.put(key(1), b"x" * 1_001, ttl_s=60)
    assert await kept(answers, 1) == []


async def test_nothing_of_a_tenant_outlives_its_last_answer(
    answers: RedisAnswers, own_redis: EmbeddedRedis
) -> None:
    await answers.put(key(1), b"x", ttl_s=60)
    await answers.put(key(2), b"x", ttl_s=5)
    with redis.Redis.from_url(own_redis.url) as client:
        assert all(50 < client.ttl(f"answers:{ALDER}:{name}") <= 62 for name in ("ends", "sizes"))


@pytest.mark.slow
async def test_a_frozen_redis_is_waited_for_once_and_nothing_is_mixed_up_when_it_thaws(
    own_redis: EmbeddedRedis,
) -> None:
    answers = RedisAnswers(own_redis.url, call_limit_s=0.2)
    for number in (1, 2):
        await answers.put(key(number), b"%d" % number, ttl_s=600)
    assert own_redis.pid is not None
    os.kill(own_redis.pid, signal.SIGSTOP)
    try:
        waiting = [asyncio.create_task(answers.get(key(number))) for number in (1, 2) * 10]
        results = await asyncio.gather(*waiting, return_exceptions=True)
        assert all(isinstance(result, StoreAway) for result in results)
        with pytest.raises(StoreAway):  # at once, without waiting for anything
            answers.get(key(1)).send(None)
    finally:
        os.kill(own_redis.pid, signal.SIGCONT)
    await asyncio.sleep(AWAY_S)
    async with asyncio.timeout(30):
        while True:
            try:
                found = [await answers.get(key(number)) for number in (1, 2) * 10]
                break
            except StoreAway:
                await asyncio.sleep(0.1)
    assert found == [b"1", b"2"] * 10
    await answers.close()


@pytest.mark.slow
async def test_a_redis_that_is_gone_is_away_and_comes_back(own_redis: EmbeddedRedis) -> None:
    answers = RedisAnswers(own_redis.url, call_limit_s=GENEROUS_S)
    await answers.put(key(1), b"one", ttl_s=600)
    own_redis.stop()
    for ask in (answers.get(key(1)), answers.put(key(1), b"one", ttl_s=600)):
        with pytest.raises(StoreAway):
            await ask
    own_redis.start()
    await asyncio.sleep(AWAY_S)
    await answers.put(key(1), b"again", ttl_s=600)
    assert await answers.get(key(1)) == b"again"
    await answers.close()
