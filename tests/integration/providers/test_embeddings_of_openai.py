"""The fake vendor's embeddings, read by OpenAI's own SDK and passed on by the provider."""

import json
from collections.abc import AsyncIterator

import pytest
from openai import AsyncOpenAI, BadRequestError

from providers.openai_compatible.provider import OpenAICompatibleProvider
from tests.integration.providers.asking import asking
from tests.vendors.running import RunningVendor

TEXTS = ["one two", "three"]


@pytest.fixture
async def sdk(vendor: RunningVendor) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=vendor.base_url, api_key=vendor.api_key, max_retries=0) as client:
        yield client


async def test_a_vector_for_each_text_in_their_order(sdk: AsyncOpenAI) -> None:
    found = await sdk.embeddings.create(model="fake-small", input=TEXTS)
    alone = await sdk.embeddings.create(model="fake-small", input=TEXTS[1])
    assert [each.index for each in found.data] == [0, 1]
    assert found.data[1].embedding == alone.data[0].embedding
    assert found.data[0].embedding != found.data[1].embedding
    assert found.usage.prompt_tokens == found.usage.total_tokens == 3


async def test_floats_and_base64_are_the_same_numbers(sdk: AsyncOpenAI) -> None:
    packed = await sdk.embeddings.create(model="fake-small", input="one")  # the SDK asks for base64 by itself
    floats = await sdk.embeddings.create(model="fake-small", input="one", encoding_format="float")
    assert packed.data[0].embedding == floats.data[0].embedding


async def test_as_many_dimensions_as_were_asked_for(sdk: AsyncOpenAI) -> None:
    found = await sdk.embeddings.create(model="fake-small", input="one", dimensions=3)
    assert len(found.data[0].embedding) == 3


async def test_the_tokens_of_a_text_are_one_input(sdk: AsyncOpenAI) -> None:
    found = await sdk.embeddings.create(model="fake-small", input=[1, 2, 3])
    assert (len(found.data), found.usage.prompt_tokens) == (1, 3)


@pytest.mark.parametrize("given", ["", []])
async def test_nothing_is_refused(sdk: AsyncOpenAI, given: str | list[str]) -> None:
    with pytest.raises(BadRequestError):
        await sdk.embeddings.create(model="fake-small", input=given)


async def test_the_provider_passes_it_on_as_it_came(
    vendor: RunningVendor, provider: OpenAICompatibleProvider, sdk: AsyncOpenAI
) -> None:
    raw = await sdk.embeddings.with_raw_response.create(model="fake-small", input=TEXTS, dimensions=3)
    body = vendor.log.calls[0].body
    completion = await provider.embed(asking(**body))
    assert json.loads(completion.body) == json.loads(raw.text)
    assert completion.usage.input_tokens == 3
