"""Where answers are kept: Redis, asked for milliseconds at most. Away, it has nothing."""

import time
from pathlib import Path
from typing import Protocol

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from metering.answer_cache.key import CacheKey
from metering.time_limits import TickedTimeout

SCRIPT = Path(__file__).with_name("keep.lua").read_text(encoding="utf-8")
CALL_LIMIT_S = 0.02
"""A call that asks for an answer, or keeps one, waits no longer for Redis."""
AWAY_S = 1.0
"""How long nobody asks a Redis that did not answer."""
CONNECTIONS = 16
MOST_BYTES = 32 * 1024 * 1024
"""Of one tenant's entries, sealed; those that would end first make room."""
MOST_ENTRIES = 20_000


class StoreAway(Exception):
    """The store did not answer in time."""


class AnswerStore(Protocol):
    """Sealed entries by key, each for a while."""

    async def get(self, key: CacheKey) -> bytes | None:
        """Return the entry; None where there is none. Raises StoreAway."""
        ...

    async def put(self, key: CacheKey, content: bytes, *, ttl_s: int) -> None:
        """Store the entry in place of an earlier one, for `ttl_s` seconds. Raises StoreAway."""
        ...


class RedisAnswers:
    """Implements AnswerStore. For one event loop; it connects when it is first asked."""

    def __init__(
        self,
        url: str,
        *,
        call_limit_s: float = CALL_LIMIT_S,
        most_bytes: int = MOST_BYTES,
        most_entries: int = MOST_ENTRIES,
    ) -> None:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS,
            timeout=None,  # no wait is longer than a TickedTimeout, which a busy loop does not set off
            socket_connect_timeout=None,
            socket_timeout=None,
            retry=Retry(NoBackoff(), 0),
        )
        self._redis = Redis.from_pool(pool)
        self._keep = self._redis.register_script(SCRIPT)
        self._call_limit_s = call_limit_s
        self._bounds = (most_bytes, most_entries)
        self._away_until_s = 0.0

    async def get(self, key: CacheKey) -> bytes | None:
        self._refuse_while_away()
        try:
            async with TickedTimeout(self._call_limit_s):
                found = await self._redis.get(_entry(key))
        except (RedisError, OSError, TimeoutError) as error:
            raise self._away() from error
        return found if isinstance(found, bytes) else None

    async def put(self, key: CacheKey, content: bytes, *, ttl_s: int) -> None:
        self._refuse_while_away()
        of_tenant = _tenants(key)
        try:
            async with TickedTimeout(self._call_limit_s):
                await self._keep(
                    keys=[_entry(key), f"{of_tenant}:ends", f"{of_tenant}:sizes"],
                    args=[f"{of_tenant}:", key.name, content, ttl_s * 1000, *self._bounds],
                )
        except (RedisError, OSError, TimeoutError) as error:
            raise self._away() from error

    async def close(self) -> None:
        """Close the connections to Redis."""
        await self._redis.aclose()

    def _refuse_while_away(self) -> None:
        if time.monotonic() < self._away_until_s:
            raise StoreAway

    def _away(self) -> StoreAway:
        self._away_until_s = time.monotonic() + AWAY_S
        return StoreAway()


def _tenants(key: CacheKey) -> str:
    return f"answers:{key.tenant_id}"


def _entry(key: CacheKey) -> str:
    return f"{_tenants(key)}:{key.name}"
