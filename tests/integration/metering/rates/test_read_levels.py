import os

from launcher.redis import EmbeddedRedis
from metering.ids import uuid7
from metering.policy.values import RateLimit
from metering.rates.port import Draw
from metering.rates.read_levels import read_levels
from metering.rates.shared_buckets import RedisBuckets
from metering.types import Dimension, Scope

URL = os.environ["REDIS_URL"]


def limit(per_minute: int = 60) -> RateLimit:
    return RateLimit(
        key=f"rate:test:{uuid7()}",
        dimension=Dimension.REQUESTS,
        per_minute=per_minute,
        scope=Scope.TENANT,
        name="tenant requests/minute",
    )


async def test_what_is_read_is_what_the_next_call_would_find(buckets: RedisBuckets) -> None:
    used, untouched = limit(), limit()
    await buckets.take((Draw(used.key, 40, 60),))
    levels = read_levels(URL, [used, untouched])
    again = await buckets.take((Draw(used.key, 0, 60),))
    assert again.levels[0].used <= levels[used.key].used <= 40
    assert levels[untouched.key].used == 0


async def test_what_was_taken_refills_at_the_limit(buckets: RedisBuckets) -> None:
    quick = limit(10**9)
    await buckets.take((Draw(quick.key, 1, 10**9),))
    await buckets.take((Draw(limit().key, 1, 60),))  # a microsecond, at least, has passed
    assert read_levels(URL, [quick])[quick.key].used == 0


def test_nothing_is_known_while_redis_is_away(own_redis: EmbeddedRedis) -> None:
    url = own_redis.url
    own_redis.stop()
    assert read_levels(url, [limit()]) == {}


def test_nobody_is_asked_about_no_limits() -> None:
    assert read_levels("no-scheme://", []) == {}
