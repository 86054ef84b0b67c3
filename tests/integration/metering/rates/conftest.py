import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from gateway_project.local.redis import EmbeddedRedis
from metering.rates.redis_buckets import RedisBuckets


@pytest.fixture
async def buckets() -> AsyncIterator[RedisBuckets]:
    """Buckets in the test run's Redis."""
    buckets = RedisBuckets(os.environ["REDIS_URL"], call_limit_s=10)
    await buckets.start()
    assert buckets.is_reachable
    yield buckets
    await buckets.close()


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    """A Redis that the test may kill."""
    server = EmbeddedRedis(tmp_path / "redis")
    server.start()
    yield server
    server.stop()
