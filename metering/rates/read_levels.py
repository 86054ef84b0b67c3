"""What buckets in Redis have left, without drawing from them: for explanations, off the hot path."""

from collections.abc import Callable, Iterable, Mapping

import redis
from redis.exceptions import RedisError

from metering.policy.values import RateLimit
from metering.rates.port import Level
from metering.rates.process_buckets import MINUTE, drained

READ_LIMIT_S = 0.5
LevelReader = Callable[[Iterable[RateLimit]], Mapping[str, Level]]
"""By key, of the buckets of which it is known. What cannot be asked is left out."""


def read_levels(url: str, limits: Iterable[RateLimit]) -> Mapping[str, Level]:
    """The buckets as the next call would find them; none while Redis is away, because each process then has its own."""
    rates = {limit.key: limit.per_minute for limit in limits}
    if not rates:
        return {}
    client = redis.Redis.from_url(url, socket_timeout=READ_LIMIT_S, socket_connect_timeout=READ_LIMIT_S)
    try:
        with client, client.pipeline(transaction=True) as together:
            together.time()
            together.mget(list(rates))
            (seconds, us), stored = together.execute()
    except (RedisError, OSError):
        return {}
    now = seconds * 1_000_000 + us
    return {
        key: Level(_used(text, now, per_minute) / MINUTE, per_minute)
        for (key, per_minute), text in zip(rates.items(), stored, strict=True)
    }


def _used(stored: bytes | None, now: int, per_minute: int) -> int:
    """Return what is used of a bucket that `buckets.lua` has stored."""
    if stored is None:
        return 0
    used, at = map(int, stored.split())
    return drained(used, now - at, per_minute)
