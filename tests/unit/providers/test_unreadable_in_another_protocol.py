"""An answer that has no form in its caller's protocol fails, and what the vendor said that it bills stands."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from providers.any_protocol import complete_in, stream_in
from providers.port import Chunk, Completion, Failure, ProviderCall, ProviderError, Usage
from tests.integration.providers.asking import asking_responses

BILLED = Usage(input_tokens=7, output_tokens=3)
TOO_DEEP = b'{"choices": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"


class DeepAnswers:
    """A vendor of chat alone, whose answers are nested beyond what is read."""

    def speaks(self, call: ProviderCall) -> bool:
        return call.protocol == "chat"

    async def complete(self, call: ProviderCall) -> Completion:
        return Completion(body=TOO_DEEP, model="deep", usage=BILLED)

    async def stream(self, call: ProviderCall) -> AsyncGenerator[Chunk, None]:
        yield Chunk(data=TOO_DEEP, model="deep", usage=BILLED)


async def test_of_a_whole_answer() -> None:
    vendor: Any = DeepAnswers()
    with pytest.raises(ProviderError) as caught:
        await complete_in(vendor, asking_responses())
    assert (caught.value.failure, caught.value.usage) == (Failure.CUT, BILLED)


async def test_of_a_stream() -> None:
    vendor: Any = DeepAnswers()
    with pytest.raises(ProviderError) as caught:
        async for _ in stream_in(vendor, asking_responses()):
            pass
    assert (caught.value.failure, caught.value.usage) == (Failure.CUT, BILLED)
