"""What every provider does, whatever its vendor speaks. Real HTTP on both sides."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from msgspec import structs

from providers.openai_compatible.streamed import StreamedAnswer
from providers.openai_compatible.timeouts import Timeouts
from providers.openai_compatible.traits import Traits
from providers.other_form import completion_of_events
from providers.port import Capability, Chunk, EstimateReason, Failure, LLMProvider, ProviderError, Usage
from tests.integration.providers.asking import answer, asking, chunks_of, said, streamed
from tests.integration.providers.families import FAMILIES, VENDORS, Family, fake_of_each
from tests.vendors.running import Running
from tests.vendors.wire_app import case, vector_of

PATIENT = Timeouts()
NO_MONEY, RATE_LIMITED = 402, 429
ERRORS = {
    401: None,
    NO_MONEY: "insufficient_quota",
    404: "model_not_found",
    RATE_LIMITED: None,
    500: None,
    503: None,
}
"""A vendor's status → the code that callers know, if there is one."""
RETRYABLE = (RATE_LIMITED, 500, 503)
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
WORDS = "the quick brown fox jumps over the lazy"
PIXEL = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


_running = fake_of_each(VENDORS)


@pytest.fixture
async def client(family: Family, fake: Running[Any]) -> AsyncIterator[LLMProvider]:
    provider = family.provider(fake.port, fake.api_key, PATIENT)
    yield provider
    await provider.close()


async def collect(stream: AsyncIterator[Chunk], chunks: list[Chunk]) -> None:
    async for chunk in stream:
        chunks.append(chunk)


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


async def usage_of(client: LLMProvider, text: str, how: str) -> Usage:
    """What is charged for an answer, whole or streamed."""
    if how == "whole":
        return (await client.complete(asking(text))).usage
    last = (await chunks_of(client, streamed(text)))[-1].usage
    assert last is not None
    return last


@pytest.mark.parametrize("how", ["whole", "streamed"])
async def test_the_charge_is_what_the_vendor_billed(
    client: LLMProvider, family: Family, fake: Running[Any], how: str
) -> None:
    text = "how much is it vendor:cached=3"
    usage = await usage_of(client, text, how)
    (call,) = fake.log.calls
    assert (usage.input_tokens, usage.output_tokens) == family.counted(call.usage)
    assert usage.estimate_reason == EstimateReason.NONE
    assert usage.cached_input_tokens == (3 if family.tells_cache else 0)


@pytest.mark.parametrize("how", ["whole", "streamed"])
async def test_reasoning_is_charged_wherever_it_stands(
    client: LLMProvider, family: Family, fake: Running[Any], how: str
) -> None:
    text = "think vendor:reasoning=40"
    usage = await usage_of(client, text, how)
    (call,) = fake.log.calls
    assert (usage.input_tokens, usage.output_tokens) == family.counted(call.usage)
    assert usage.estimate_reason == EstimateReason.NONE


async def test_the_usage_that_is_shown_is_the_usage_that_is_charged(
    client: LLMProvider, family: Family
) -> None:
    completion = await client.complete(asking("vendor:cached=2"))
    chunks = await chunks_of(client, streamed("vendor:cached=2"))
    last = next(chunk.data for chunk in reversed(chunks) if chunk.data)
    for body, usage in ((completion.body, completion.usage), (last, chunks[-1].usage)):
        assert usage is not None
        decoded = msgspec.json.decode(body)
        shown = decoded.get("usage") or decoded["x_groq"]["usage"]
        if family.shows_charge:
            charged = usage.input_tokens, usage.output_tokens
            assert (shown["prompt_tokens"], shown["completion_tokens"]) == charged
        if "prompt_tokens_details" in shown:
            assert shown["prompt_tokens_details"]["cached_tokens"] == usage.cached_input_tokens == 2


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


@pytest.mark.parametrize("how", ["whole", "streamed"])
async def test_tools_are_called_in_openais_shape(client: LLMProvider, family: Family, how: str) -> None:
    call = streamed if how == "streamed" else asking
    asked = call(family.tools, tools=[TOOL])
    if how == "whole":
        given = await answer(client, asked)
    else:
        data = b"".join(
            b"data: " + chunk.data + b"\n\n" for chunk in await chunks_of(client, asked) if chunk.data
        )
        given = msgspec.json.decode(
            (await completion_of_events(data + b"data: [DONE]\n\n", StreamedAnswer(asked, "", Traits()))).body
        )
    (choice,) = given["choices"]
    assert choice["finish_reason"] == "tool_calls"
    for each in choice["message"]["tool_calls"]:
        assert (each["type"], bool(each["id"]), bool(each["function"]["name"])) == ("function", True, True)
        assert isinstance(json.loads(each["function"]["arguments"]), dict)


@pytest.mark.parametrize(("status", "code"), ERRORS.items())
@pytest.mark.parametrize("how", ["whole", "streamed"])
async def test_an_error_is_told_in_one_way(
    client: LLMProvider, family: Family, fake: Running[Any], status: int, code: str | None, how: str
) -> None:
    text = f"vendor:status={status} vendor:retry-after=9"
    with pytest.raises(ProviderError) as caught:
        await (client.complete(asking(text)) if how == "whole" else anext(client.stream(streamed(text))))
    error = caught.value
    assert (error.failure, error.usage) == (Failure.REFUSED, None)
    assert error.code == code or (status == NO_MONEY and error.status == NO_MONEY)
    assert error.retryable is (status in RETRYABLE)
    if status == RATE_LIMITED:
        assert error.retry_after_s == (9 if family.says_when else None)
    assert fake.api_key not in f"{error!r} {error.message} {error.param}"


async def test_an_error_instead_of_an_answer_is_a_refusal_and_free(client: LLMProvider) -> None:
    with pytest.raises(ProviderError) as caught:
        await client.complete(asking("vendor:error"))
    assert (caught.value.failure, caught.value.usage) == (Failure.REFUSED, None)


async def test_an_error_in_a_stream_ends_it_and_what_came_is_charged(client: LLMProvider) -> None:
    chunks: list[Chunk] = []
    with pytest.raises(ProviderError) as caught:
        await collect(client.stream(streamed("vendor:error")), chunks)
    assert (caught.value.failure, bool(said(chunks))) == (Failure.CUT, True)
    assert caught.value.usage is not None
    assert caught.value.usage.estimate_reason == EstimateReason.CUT


async def test_a_vendor_that_does_not_answer_in_time_is_left(client: LLMProvider) -> None:
    await client.complete(asking())  # the connection stands, so that the time is the vendor's
    with pytest.raises(ProviderError) as caught:
        await client.complete(asking("vendor:hang", timeout_s=0.3))
    assert caught.value.failure is Failure.TIMEOUT
    assert caught.value.usage is not None
    assert caught.value.usage.estimate_reason == EstimateReason.UNANSWERED


async def test_recorded_answers_are_charged_as_their_files_say(client: LLMProvider, family: Family) -> None:
    for name in family.recorded:
        recorded, text = case("usage", name), f"vendor:case=usage/{name}"
        expected = recorded["usage"]
        if expected["input_tokens"] is None:
            continue  # it is counted here, of other messages
        for asked in (asking(text), streamed(text)):
            call = structs.replace(asked, model=recorded["answer"].get("model", asked.model))
            usage = (
                (await chunks_of(client, call))[-1].usage
                if call.body.get("stream")
                else (await client.complete(call)).usage
            )
            assert vector_of(usage, expected) == expected, name


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


async def test_no_embeddings_where_the_vendor_has_none() -> None:
    provider = FAMILIES["anthropic"].provider(1, "k", PATIENT)
    assert Capability.EMBED not in provider.capabilities
    with pytest.raises(ProviderError) as caught:
        await provider.embed(asking(input="one"))
    assert caught.value.failure is Failure.UNREACHABLE, "nothing was sent"
