import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable

import pytest
import redis
import time_machine

from launcher.redis import EmbeddedRedis
from metering.ids import uuid7
from metering.rates.port import Draw
from metering.rates.shared_buckets import BucketsAway, RedisBuckets, SharedBuckets

pytestmark = pytest.mark.slow


@pytest.fixture
async def redis_buckets(own_redis: EmbeddedRedis) -> AsyncIterator[RedisBuckets]:
    buckets = RedisBuckets(own_redis.url, call_limit_s=2)
    await buckets.start()
    yield buckets
    await buckets.close()


@pytest.fixture
def fallbacks() -> list[str]:
    return []


@pytest.fixture
def shared(redis_buckets: RedisBuckets, fallbacks: list[str]) -> SharedBuckets:
    return SharedBuckets(redis_buckets, on_fallback=lambda: fallbacks.append("alone"))


def one(key: str, per_minute: int = 10) -> tuple[Draw, ...]:
    return (Draw(key, 1, per_minute),)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - nothing to wait on: it is another process
            await asyncio.sleep(0.02)


def send(server: EmbeddedRedis, number: int) -> None:
    assert server.pid is not None
    os.kill(server.pid, number)


async def test_killed_mid_flight_every_call_is_answered_by_this_process_and_redis_comes_back(
    shared: SharedBuckets, own_redis: EmbeddedRedis, fallbacks: list[str]
) -> None:
    assert (await shared.take(one("a"))).shared
    send(own_redis, signal.SIGSTOP)  # so that the calls are under way when it dies
    calls = [asyncio.create_task(shared.take(one("a"))) for _ in range(50)]
    await asyncio.sleep(0)
    send(own_redis, signal.SIGKILL)
    answers = await asyncio.gather(*calls)
    assert not any(answer.shared for answer in answers)
    assert sum(answer.granted for answer in answers) == 10, "the process's own bucket is as large"
    assert (shared.is_shared, len(fallbacks)) == (False, 50)
    await until(lambda: not own_redis.is_running())
    own_redis.start()
    await until(lambda: shared.is_shared)
    assert (await shared.take(one("b"))).shared


async def test_a_frozen_redis_is_waited_for_once(shared: SharedBuckets, own_redis: EmbeddedRedis) -> None:
    send(own_redis, signal.SIGSTOP)
    try:
        first = await shared.take(one("a"))
        assert (first.granted, first.shared, shared.is_shared) == (True, False, False)
        steps = 0

        async def count() -> None:
            nonlocal steps
            while True:
                steps += 1
                await asyncio.sleep(0)

        counting = asyncio.create_task(count())
        for _ in range(100):
            await shared.take(one("a"))
        assert steps == 0, "a call waited although Redis is known to be away"
        counting.cancel()
    finally:
        send(own_redis, signal.SIGCONT)
    await until(lambda: shared.is_shared)


async def test_a_process_that_starts_without_redis_works_and_joins_later(own_redis: EmbeddedRedis) -> None:
    own_redis.stop()
    buckets = RedisBuckets(own_redis.url)
    await buckets.start()
    with pytest.raises(BucketsAway):
        await buckets.take(one("a"))
    own_redis.start()
    await until(lambda: buckets.is_reachable)
    assert (await buckets.take(one("a"))).granted
    await buckets.close()


async def test_flushed_scripts_are_sent_again(redis_buckets: RedisBuckets, own_redis: EmbeddedRedis) -> None:
    with redis.Redis.from_url(own_redis.url) as client:
        client.script_flush()
    assert (await redis_buckets.take(one("a"))).granted


async def test_what_was_drawn_here_is_not_given_back_to_redis(
    shared: SharedBuckets, own_redis: EmbeddedRedis
) -> None:
    await shared.take(one("a", 1))
    shared.correct((Draw("a", -1, 1),), shared=False)
    assert not (await shared.take(one("a", 1))).granted


async def test_the_refill_follows_redis_although_this_nodes_clock_runs_away(
    redis_buckets: RedisBuckets,
) -> None:
    key = f"rate:test:{uuid7()}"
    with time_machine.travel("2031-01-01T00:00:00Z"):
        assert (await redis_buckets.take(one(key, 1))).granted
    with time_machine.travel("2035-06-01T00:00:00Z"):
        denied = await redis_buckets.take(one(key, 1))
    assert not denied.granted, "four years on this node's clock are a moment on Redis's"
    assert 50 < denied.levels[0].wait_s(1) <= 60


async def test_a_redis_that_ends_while_nobody_asks_is_missed(
    redis_buckets: RedisBuckets, own_redis: EmbeddedRedis
) -> None:
    assert redis_buckets.is_reachable
    own_redis.stop()
    await until(lambda: not redis_buckets.is_reachable)


async def test_a_redis_that_freezes_while_nobody_asks_is_missed(
    redis_buckets: RedisBuckets, own_redis: EmbeddedRedis
) -> None:
    assert redis_buckets.is_reachable
    send(own_redis, signal.SIGSTOP)
    try:
        await until(lambda: not redis_buckets.is_reachable)
    finally:
        send(own_redis, signal.SIGCONT)


async def test_an_idle_connection_is_kept(redis_buckets: RedisBuckets, own_redis: EmbeddedRedis) -> None:
    with redis.Redis.from_url(own_redis.url) as client:
        pings = client.info("commandstats").get("cmdstat_ping", {}).get("calls", 0)
        await until(lambda: client.info("commandstats").get("cmdstat_ping", {}).get("calls", 0) >= pings + 2)
    assert redis_buckets.is_reachable


async def test_while_redis_is_away_what_is_in_shadow_is_drawn_from_this_process(
    shared: SharedBuckets, redis_buckets: RedisBuckets, own_redis: EmbeddedRedis
) -> None:
    own_redis.stop()
    await until(lambda: not redis_buckets.is_reachable)
    answers = [await shared.take(one("real"), one("shadow", 1)) for _ in range(2)]
    assert [answer.granted for answer in answers] == [True, True]
    assert [shadow.granted for answer in answers for shadow in answer.shadows] == [True, False]
