"""OpenAI's embeddings at Gemini, against a fake of its API over real HTTP."""

import base64
import struct
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from providers.gemini.provider import GeminiProvider
from providers.port import ProviderError, Usage
from tests.integration.providers.asking import Asked, asking
from tests.vendors.gemini_app import API_KEY, FakeGemini
from tests.vendors.running import Running, running


@pytest.fixture(scope="module")
def fake() -> Any:
    with running(FakeGemini()) as fake:
        yield fake


@pytest.fixture
async def gemini(fake: Running[Any]) -> AsyncIterator[GeminiProvider]:
    provider = GeminiProvider(base_url=f"http://127.0.0.1:{fake.port}", api_key=API_KEY)
    yield provider
    await provider.close()


def embedding(given: object, **fields: object) -> Asked:
    return msgspec.structs.replace(asking(input=given, **fields), protocol="embeddings")


async def test_each_text_has_its_embedding_in_order(gemini: GeminiProvider) -> None:
    answer = await gemini.embed(embedding(["one two", "three"], dimensions=3))
    body = msgspec.json.decode(answer.body)
    assert [(each["index"], each["embedding"]) for each in body["data"]] == [(0, [0.5] * 3), (1, [0.5] * 3)]
    assert answer.usage == Usage(input_tokens=3, output_tokens=0)
    assert body["usage"] == {"prompt_tokens": 3, "total_tokens": 3}


async def test_base64_is_floats_of_32_bits(gemini: GeminiProvider) -> None:
    answer = await gemini.embed(embedding("one", encoding_format="base64"))
    text = msgspec.json.decode(answer.body)["data"][0]["embedding"]
    assert struct.unpack("<2f", base64.b64decode(text)) == (0.5, 0.5)


async def test_tokens_of_another_tokenizer_are_refused_by_place(gemini: GeminiProvider) -> None:
    with pytest.raises(ProviderError) as caught:
        await gemini.embed(embedding([1, 2]))
    assert caught.value.param == "input[0]"
