from collections.abc import AsyncIterator, Iterator

import pytest

from providers.openai_compatible.provider import OpenAICompatibleProvider
from providers.openai_compatible.timeouts import Timeouts
from tests.vendors.running import RunningVendor, running_vendor

QUICK = Timeouts(connect_s=0.5, first_byte_s=0.4, gap_s=0.3)


@pytest.fixture(scope="module")
def _vendor() -> Iterator[RunningVendor]:
    with running_vendor() as vendor:
        yield vendor


@pytest.fixture
def vendor(_vendor: RunningVendor) -> RunningVendor:
    """A fake vendor over real HTTP, with an empty log."""
    _vendor.log.clear()
    return _vendor


@pytest.fixture
async def provider(vendor: RunningVendor) -> AsyncIterator[OpenAICompatibleProvider]:
    provider = OpenAICompatibleProvider(base_url=vendor.base_url, api_key=vendor.api_key, timeouts=QUICK)
    yield provider
    await provider.close()
