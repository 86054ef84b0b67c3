"""OpenAICompatibleProvider.stream against the fake vendor over real HTTP."""

import asyncio
from typing import Any

import msgspec
import pytest

from providers.openai_compatible import events as events_module
from providers.openai_compatible.provider import OpenAICompatibleProvider
from providers.port import Chunk, Failure, ProviderError, Usage
from tests.integration.providers.asking import asking, chunks_of, said, streamed
from tests.vendors.running import RunningVendor

Provider = OpenAICompatibleProvider
SENTENCE = "the quick brown fox jumps over the lazy"


async def broken_stream(provider: Provider, text: str, **facts: Any) -> tuple[list[Chunk], ProviderError]:
    """The chunks before the failure, and the failure."""
    chunks: list[Chunk] = []

    async def read() -> None:
        async for chunk in provider.stream(streamed(text, **facts)):
            chunks.append(chunk)

    with pytest.raises(ProviderError) as caught:
        await read()
    return chunks, caught.value


async def test_chunks_pass_as_they_came_and_the_last_has_the_usage(provider: Provider) -> None:
    chunks = await chunks_of(provider, streamed("one two"))
    assert said(chunks) == SENTENCE
    assert chunks[0].model == "fake-small-2026-01-01"
    assert [chunk.usage for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    assert [chunk.only_usage for chunk in chunks[-2:]] == [False, True]
    assert msgspec.json.decode(chunks[-1].data)["usage"]["completion_tokens"] == 8
    assert chunks[-1].usage == Usage(input_tokens=6, output_tokens=8, service_tier="default")


async def test_usage_is_asked_for_where_the_caller_did_not(provider: Provider, vendor: RunningVendor) -> None:
    chunks = await chunks_of(provider, asking("hello", stream_options={"other": 1}))
    assert chunks[-1].only_usage
    (call,) = vendor.log.calls
    assert call.body["stream"] is True
    assert call.body["stream_options"] == {"other": 1, "include_usage": True}


async def test_tool_arguments_arrive_in_pieces(provider: Provider) -> None:
    tool = {"type": "function", "function": {"name": "weather"}}
    chunks = await chunks_of(provider, streamed("vendor:tool", tools=[tool]))
    deltas = [msgspec.json.decode(chunk.data)["choices"] for chunk in chunks if chunk.data]
    calls = [
        delta[0]["delta"]["tool_calls"][0] for delta in deltas if delta and "tool_calls" in delta[0]["delta"]
    ]
    assert calls[0]["function"]["name"] == "weather"
    assert "".join(call["function"]["arguments"] for call in calls) == '{"city": "Paris"}'


@pytest.mark.parametrize(
    "how", ["vendor:crlf", "vendor:dribble=7", "vendor:crlf vendor:dribble=3", "vendor:no-done"]
)
async def test_any_legal_framing_says_the_same(provider: Provider, how: str) -> None:
    chunks = await chunks_of(provider, streamed(how))
    assert said(chunks) == SENTENCE
    assert chunks[-1].only_usage


async def test_usage_that_is_not_reported_is_counted_and_marked(provider: Provider) -> None:
    chunks = await chunks_of(provider, streamed("vendor:no-usage"))
    last = chunks[-1]
    assert last.only_usage
    assert last.usage is not None
    assert (last.usage.output_tokens, last.usage.estimate_reason) == (8, "missing")
    shown = msgspec.json.decode(last.data)
    assert shown["choices"] == []
    assert shown["usage"]["completion_tokens"] == 8
    assert shown["id"] == msgspec.json.decode(chunks[0].data)["id"]


@pytest.mark.parametrize(
    ("directive", "failure", "chunks_before"),
    [
        ("vendor:reset", Failure.CUT, 0),
        ("vendor:cut=0", Failure.CUT, 0),
        ("vendor:cut=3", Failure.CUT, 3),
        ("vendor:end=0", Failure.CUT, 0),
        ("vendor:end=3", Failure.CUT, 3),
        ("vendor:bad-json", Failure.CUT, 2),
        ("vendor:bad-sse", Failure.CUT, 0),
        ("vendor:error", Failure.CUT, 2),
        ("vendor:type=text/html vendor:bad-sse", Failure.CUT, 0),
        ("vendor:status=429", Failure.REFUSED, 0),
        ("vendor:status=500", Failure.REFUSED, 0),
    ],
)
async def test_a_stream_that_fails(
    provider: Provider, directive: str, failure: Failure, chunks_before: int
) -> None:
    chunks, error = await broken_stream(provider, directive)
    assert (error.failure, error.retryable) == (failure, True)
    assert len(chunks) == chunks_before


@pytest.mark.parametrize(
    ("directive", "chunks_before"),
    [("vendor:hang", 0), ("vendor:slow=1", 0), ("vendor:stall=2", 2), ("vendor:gap=1", 1)],
)
async def test_a_stream_that_comes_too_late(
    hasty_provider: Provider, directive: str, chunks_before: int
) -> None:
    chunks, error = await broken_stream(hasty_provider, directive)
    assert (error.failure, error.retryable) == (Failure.TIMEOUT, True)
    assert len(chunks) == chunks_before


async def test_the_whole_call_has_a_deadline(provider: Provider) -> None:
    chunks, error = await broken_stream(provider, "vendor:gap=0.1 vendor:words=100", timeout_s=0.5)
    assert error.failure is Failure.TIMEOUT
    assert 2 <= len(chunks) <= 6


async def test_a_stream_without_end_is_bounded(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events_module, "MAX_STREAM_BYTES", 1_000_000)
    _, error = await broken_stream(provider, "vendor:endless")
    assert error.failure is Failure.CUT
    assert "longer than" in error.message


async def test_an_event_without_end_is_bounded(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events_module, "MAX_EVENT_BYTES", 1_000_000)
    _, error = await broken_stream(provider, "vendor:big=1100000")
    assert "an event of its stream is longer than" in error.message


async def test_a_slow_caller_holds_the_vendor_back(provider: Provider, vendor: RunningVendor) -> None:
    stream = provider.stream(streamed("vendor:endless", timeout_s=30))
    await anext(stream)
    await asyncio.sleep(0.5)
    (call,) = vendor.log.calls
    sent = call.chunks
    await asyncio.sleep(0.3)
    assert call.chunks == sent, "the vendor went on although nobody read"
    assert sent * 10_000 < 20_000_000
    await stream.aclose()


async def test_closing_a_stream_ends_the_vendors_call(provider: Provider, vendor: RunningVendor) -> None:
    stream = provider.stream(streamed("vendor:gap=0.02 vendor:words=1000"))
    await anext(stream)
    await stream.aclose()
    for _ in range(100):
        if vendor.log.at_once == 0:
            break
        await asyncio.sleep(0.02)
    (call,) = vendor.log.calls
    assert vendor.log.at_once == 0
    assert not call.whole


async def test_a_connection_is_used_again_after_a_stream(provider: Provider, vendor: RunningVendor) -> None:
    for _ in range(3):
        await chunks_of(provider, streamed())
    assert len({call.peer for call in vendor.log.calls}) == 1
