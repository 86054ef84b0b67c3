"""What every provider does, whatever its vendor speaks. Real HTTP on both sides."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
import pytest

from providers.openai_compatible.timeouts import Timeouts
from providers.port import Capability, EstimateReason, Failure, LLMProvider, ProviderError
from tests.integration.providers.asking import answer, asking, chunks_of, said, streamed
from tests.integration.providers.families import FAMILIES, TRANSLATED, Family
from tests.vendors.running import Running, running

PATIENT = Timeouts()
WORDS = "the quick brown fox jumps over the lazy"
PIXEL = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture(scope="module", params=FAMILIES)
def _running(request: pytest.FixtureRequest) -> Iterator[tuple[Family, Running[Any]]]:
    family = FAMILIES[request.param]
    with running(family.fake()) as vendor:
        yield family, vendor


@pytest.fixture
def family(_running: tuple[Family, Running[Any]]) -> Family:
    return _running[0]


@pytest.fixture
def fake(_running: tuple[Family, Running[Any]]) -> Running[Any]:
    """With an empty log."""
    _running[1].log.clear()
    return _running[1]


@pytest.fixture
async def client(family: Family, fake: Running[Any]) -> AsyncIterator[LLMProvider]:
    provider = family.provider(fake.port, fake.api_key, PATIENT)
    yield provider
    await provider.close()


async def test_a_completion_is_in_openais_shape(client: LLMProvider) -> None:
    given = await answer(client, asking())
    (choice,) = given["choices"]
    assert (given["object"], choice["index"], choice["finish_reason"]) == ("chat.completion", 0, "stop")
    assert (choice["message"]["role"], choice["message"]["content"]) == ("assistant", WORDS)


async def test_a_stream_says_the_same_in_chunks(client: LLMProvider) -> None:
    chunks = await chunks_of(client, streamed())
    decoded = [msgspec.json.decode(chunk.data) for chunk in chunks if chunk.data]
    assert said(chunks) == WORDS
    assert {each["object"] for each in decoded} == {"chat.completion.chunk"}
    assert len({each["id"] for each in decoded}) == 1
    assert decoded[0]["choices"][0]["delta"]["role"] == "assistant"
    finishes = [choice["finish_reason"] for each in decoded for choice in each["choices"]]
    assert finishes == [None] * (len(finishes) - 1) + ["stop"]
    assert [chunk.usage is not None for chunk in chunks] == [False] * (len(chunks) - 1) + [True]


@pytest.mark.parametrize("how", ["whole", "streamed"])
async def test_the_charge_is_what_the_vendor_billed(
    client: LLMProvider, family: Family, fake: Running[Any], how: str
) -> None:
    text = "how much is it vendor:cached=3"
    if how == "whole":
        usage = (await client.complete(asking(text))).usage
    else:
        last = (await chunks_of(client, streamed(text)))[-1].usage
        assert last is not None
        usage = last
    (call,) = fake.log.calls
    assert (usage.input_tokens, usage.output_tokens) == family.counted(call.usage)
    assert (usage.cached_input_tokens, usage.estimate_reason) == (3, EstimateReason.NONE)


async def test_the_usage_that_is_shown_is_the_usage_that_is_charged(client: LLMProvider) -> None:
    completion = await client.complete(asking("vendor:cached=2"))
    chunks = await chunks_of(client, streamed("vendor:cached=2"))
    last = next(chunk.data for chunk in reversed(chunks) if chunk.data)
    for body, usage in ((completion.body, completion.usage), (last, chunks[-1].usage)):
        assert usage is not None
        shown = msgspec.json.decode(body)["usage"]
        assert (shown["prompt_tokens"], shown["completion_tokens"]) == (
            usage.input_tokens,
            usage.output_tokens,
        )
        assert shown["prompt_tokens_details"]["cached_tokens"] == 2


async def test_the_output_limit_reaches_the_vendor(client: LLMProvider) -> None:
    given = await answer(client, asking(max_tokens=3))
    (choice,) = given["choices"]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("the quick brown", "length")


@pytest.mark.parametrize("how", ["bytes", "CR LF"])
async def test_a_stream_may_be_framed_in_any_way(client: LLMProvider, how: str) -> None:
    directive = "vendor:dribble=1" if how == "bytes" else "vendor:crlf"
    assert said(await chunks_of(client, streamed(directive))) == WORDS


async def test_pictures_are_sent(client: LLMProvider, fake: Running[Any]) -> None:
    parts = [{"type": "text", "text": "what is it"}, {"type": "image_url", "image_url": {"url": PIXEL}}]
    await client.complete(asking(messages=[{"role": "user", "content": parts}]))
    assert PIXEL.partition(",")[2] in str(fake.log.calls[0].body)


async def test_closing_a_stream_cuts_the_vendors_call(client: LLMProvider, fake: Running[Any]) -> None:
    chunks = client.stream(streamed("vendor:endless", timeout_s=30))
    async for chunk in chunks:
        if said([chunk]):
            break
    await chunks.aclose()
    await asyncio.to_thread(fake.finish)
    assert not fake.log.calls[0].whole


async def test_cancelling_a_call_cuts_the_vendors_call(client: LLMProvider, fake: Running[Any]) -> None:
    task = asyncio.ensure_future(client.complete(asking("vendor:hang", timeout_s=30)))
    await asyncio.to_thread(fake.begin)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.to_thread(fake.finish)


async def test_connections_are_used_again(client: LLMProvider, fake: Running[Any]) -> None:
    for _ in range(2):
        await client.complete(asking())
        await chunks_of(client, streamed())
    assert len({call.peer for call in fake.log.calls}) == 1


async def test_a_form_that_was_not_asked_for_is_read_too(client: LLMProvider) -> None:
    """Proxies in front of a vendor answer with a stream although none was asked for, and the other way round."""
    whole = await answer(client, asking("vendor:other-form"))
    assert (whole["object"], whole["choices"][0]["message"]["content"]) == ("chat.completion", WORDS)
    chunks = await chunks_of(client, streamed("vendor:other-form"))
    assert (said(chunks), chunks[-1].usage is not None) == (WORDS, True)


async def test_the_probe_asks_for_models_and_calls_nothing(client: LLMProvider, fake: Running[Any]) -> None:
    await client.probe(5)
    assert fake.log.calls == []


async def test_the_probe_tells_of_a_wrong_key(family: Family, fake: Running[Any]) -> None:
    provider = family.provider(fake.port, "another-canary-key", PATIENT)
    with pytest.raises(ProviderError) as caught:
        await provider.probe(5)
    await provider.close()
    assert (caught.value.status, caught.value.retryable) == (401, False)
    assert "canary" not in caught.value.message


@pytest.mark.parametrize("name", TRANSLATED)
async def test_no_embeddings_where_the_vendor_has_none(name: str) -> None:
    provider = FAMILIES[name].provider(1, "k", PATIENT)
    assert Capability.EMBED not in provider.capabilities
    with pytest.raises(ProviderError) as caught:
        await provider.embed(asking(input="one"))
    assert caught.value.failure is Failure.REFUSED
