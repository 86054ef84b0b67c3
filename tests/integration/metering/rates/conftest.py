import os
from collections.abc import AsyncIterator

import pytest

from metering.rates.shared_buckets import RedisBuckets


@pytest.fixture
async def buckets() -> AsyncIterator[RedisBuckets]:
    """Buckets in the test run's Redis."""
    buckets = RedisBuckets(os.environ["REDIS_URL"], call_limit_s=10)
    await buckets.start()
    assert buckets.is_reachable
    yield buckets
    await buckets.close()
