"""What a translation adds, and a vendor refuses: the call is made without it, and the next one only if that helps."""

import json
from collections.abc import AsyncIterator, Iterator

import pytest

from providers.openai_compatible.provider import OpenAICompatibleProvider
from tests.integration.providers.asking import asking
from tests.vendors.raw import RawVendor, Turn, raw_vendor

ALL = "Unrecognized request argument supplied: reasoning_effort"
ONE = (
    "Unsupported value: 'reasoning_effort' does not support 'none' with this model. Supported values are: 'low'.",
    "reasoning_effort must be one of 'low', 'medium', 'high'",
    "body.reasoning_effort: Input should be 'low', 'medium' or 'high'",
)


@pytest.fixture(scope="module")
def vendor() -> Iterator[RawVendor]:
    with raw_vendor() as vendor:
        yield vendor


@pytest.fixture
async def provider(vendor: RawVendor) -> AsyncIterator[OpenAICompatibleProvider]:
    provider = OpenAICompatibleProvider(base_url=vendor.base_url)
    yield provider
    await provider.close()


async def efforts(provider: OpenAICompatibleProvider, vendor: RawVendor, words: str) -> list[str | None]:
    """What the vendor was sent for a call that it refuses with these words, and for the next one."""
    refusal = json.dumps({"error": {"message": words, "param": "reasoning_effort"}}).encode()
    vendor.answers(Turn(status=400, body=refusal))
    for effort in ("none", "high"):
        await provider.complete(asking(added={"reasoning_effort": effort}))
    return [body.get("reasoning_effort") for body in vendor.seen]


async def test_a_field_that_a_vendor_does_not_know_is_sent_no_more(
    provider: OpenAICompatibleProvider, vendor: RawVendor
) -> None:
    assert await efforts(provider, vendor, ALL) == ["none", None, None]


@pytest.mark.parametrize("words", ONE)
async def test_a_field_of_which_a_vendor_refuses_one_value_is_sent_with_the_next(
    provider: OpenAICompatibleProvider, vendor: RawVendor, words: str
) -> None:
    assert await efforts(provider, vendor, words) == ["none", None, "high"]
