"""Without Redis each process goes on by itself, and says so once."""

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator

import pytest

from launcher.redis import EmbeddedRedis
from tests.integration.providers.routing.process import Process, process, until

VENDORS = ("acme", "bolt")
pytestmark = pytest.mark.slow


@pytest.fixture
async def two(own_redis: EmbeddedRedis) -> AsyncIterator[tuple[Process, Process]]:
    async with process(own_redis.url, VENDORS) as here, process(own_redis.url, VENDORS) as there:
        await until(lambda: here.router.board.is_shared and there.router.board.is_shared)
        yield here, there


def kill(server: EmbeddedRedis) -> None:
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)


async def test_killed_meanwhile_each_goes_on_and_they_agree_again_when_it_is_back(
    two: tuple[Process, Process], own_redis: EmbeddedRedis, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    here, there = two
    kill(own_redis)
    await until(lambda: not here.router.board.is_shared and not there.router.board.is_shared)
    here.open(cool_s=0.3)
    assert (here.first(), there.first()) == (1, 0), "each knows what it has seen itself"
    await until(lambda: here.first() == 0)
    assert here.first() == 1, "one call tries it, on a permit of its own"
    here.ends(0, 500)
    assert [record.message for record in caplog.records].count("routing.redis_away") == 2, "once each"
    await until(lambda: not own_redis.is_running())
    own_redis.start()
    await until(lambda: there.first() == 1)
    there.ends(0)
    await until(lambda: here.first() == 0)


async def test_what_was_known_outlasts_a_redis_that_lost_it(
    two: tuple[Process, Process], own_redis: EmbeddedRedis
) -> None:
    here, there = two
    here.open(cool_s=30)
    await until(lambda: there.first() == 1)
    kill(own_redis)
    await until(lambda: not here.router.board.is_shared and not own_redis.is_running())
    own_redis.start()
    await until(lambda: here.router.board.is_shared and there.router.board.is_shared)
    await asyncio.sleep(0.2)
    assert (here.first(), there.first()) == (1, 1)


async def test_a_process_that_starts_without_redis_works_and_joins_later(own_redis: EmbeddedRedis) -> None:
    own_redis.stop()
    async with process(own_redis.url, VENDORS) as here, process(own_redis.url, VENDORS) as there:
        here.open(cool_s=30)
        assert here.first() == 1
        own_redis.start()
        await until(lambda: there.first() == 1)


async def test_a_frozen_redis_holds_up_no_order(
    two: tuple[Process, Process], own_redis: EmbeddedRedis
) -> None:
    here, _ = two
    assert own_redis.pid is not None
    os.kill(own_redis.pid, signal.SIGSTOP)
    try:
        here.open()
        assert here.first() == 1
        await until(lambda: not here.router.board.is_shared)
    finally:
        os.kill(own_redis.pid, signal.SIGCONT)
    await until(lambda: here.router.board.is_shared)
