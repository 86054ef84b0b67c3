from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from providers.openai_compatible.provider import OpenAICompatibleProvider
from providers.openai_compatible.timeouts import Timeouts
from tests.integration.providers.families import Family
from tests.vendors.running import Running, RunningVendor, running_vendor

QUICK = Timeouts(connect_s=0.5, first_byte_s=0.4, gap_s=0.3)
"""For vendors that are waited for in vain: a busy machine comes too late for these limits too."""


@pytest.fixture(scope="module")
def _vendor() -> Iterator[RunningVendor]:
    with running_vendor() as vendor:
        yield vendor


@pytest.fixture
def family(_running: tuple[Family, Running[Any]]) -> Family:
    """The family whose fake runs, where a module has `_running` (families.py)."""
    return _running[0]


@pytest.fixture
def fake(_running: tuple[Family, Running[Any]]) -> Running[Any]:
    """Its fake, with an empty log."""
    _running[1].log.clear()
    return _running[1]


@pytest.fixture
def vendor(_vendor: RunningVendor) -> RunningVendor:
    """A fake vendor over real HTTP, with an empty log."""
    _vendor.log.clear()
    return _vendor


@pytest.fixture
async def provider(vendor: RunningVendor) -> AsyncIterator[OpenAICompatibleProvider]:
    """Waits for the vendor as long as in production."""
    provider = OpenAICompatibleProvider(base_url=vendor.base_url, api_key=vendor.api_key)
    yield provider
    await provider.close()


@pytest.fixture
async def hasty_provider(vendor: RunningVendor) -> AsyncIterator[OpenAICompatibleProvider]:
    """Gives up early."""
    provider = OpenAICompatibleProvider(base_url=vendor.base_url, api_key=vendor.api_key, timeouts=QUICK)
    yield provider
    await provider.close()
