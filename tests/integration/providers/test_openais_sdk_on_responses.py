"""OpenAI's own SDK asks the same fake vendor for Responses as the provider, and both see the same."""

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from openai import AsyncOpenAI

from providers.openai_compatible.provider import OpenAICompatibleProvider
from providers.port import Chunk, EstimateReason, Failure, ProviderError
from providers.responses.marks import sealed
from tests.integration.providers.asking import answer, asking, asking_responses, chunks_of
from tests.unit.providers.responses.sdk import check_order, check_types, check_whole
from tests.vendors.running import RunningVendor

FUNCTION = {"type": "function", "name": "look", "parameters": {"type": "object"}, "strict": False}
CUSTOM = {"type": "custom", "name": "patch", "description": "Patches."}
SCHEMA = {"type": "json_schema", "name": "n", "schema": {"type": "object"}, "strict": True}
REQUESTS: dict[str, dict[str, Any]] = {
    "text": {},
    "items": {"input": [{"role": "user", "content": [{"type": "input_text", "text": "hello"}]}]},
    "a function": {"input": "vendor:tool", "tools": [FUNCTION]},
    "a custom tool": {"input": "vendor:tool", "tools": [CUSTOM]},
    "thoughts": {
        "input": "vendor:reasoning=20",
        "reasoning": {"effort": "high", "summary": "auto"},
        "include": ["reasoning.encrypted_content"],
    },
    "cut by its limit": {"max_output_tokens": 3},
    "filtered": {"input": "vendor:finish=content_filter"},
    "logprobs": {"include": ["message.output_text.logprobs"], "top_logprobs": 1},
    "a schema": {"text": {"format": SCHEMA}},
    "labels": {"metadata": {"a": "b"}, "user": "u", "store": False, "instructions": "Be brief."},
    "no padding": {"stream_options": {"include_obfuscation": False}},
}
NAMED = pytest.mark.parametrize("name", REQUESTS)


@pytest.fixture
async def ours(vendor: RunningVendor) -> AsyncIterator[OpenAICompatibleProvider]:
    provider = OpenAICompatibleProvider(base_url=vendor.base_url, api_key=vendor.api_key, vendor="openai")
    yield provider
    await provider.close()


@pytest.fixture
async def sdk(vendor: RunningVendor) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=vendor.base_url, api_key=vendor.api_key, max_retries=0) as client:
        yield client


def request(name: str, **fields: Any) -> dict[str, Any]:
    return {"model": "fake-small", "input": "hello", **REQUESTS[name], **fields}


def call(name: str, **fields: Any) -> Any:
    body = request(name, **fields)
    return asking_responses(body.pop("input"), **body)


def timeless(value: Any) -> Any:
    """Without the times, which two answers do not share."""
    if isinstance(value, list):
        return [timeless(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {key: timeless(each) for key, each in value.items() if key not in ("created_at", "completed_at")}


async def failure(provider: OpenAICompatibleProvider, asked: Any) -> tuple[list[Chunk], ProviderError]:
    """How a stream fails, and what came before."""
    chunks: list[Chunk] = []
    try:
        async for chunk in provider.stream(asked):
            chunks.append(chunk)
    except ProviderError as error:
        return chunks, error
    raise AssertionError("it did not fail")


@NAMED
async def test_both_get_the_same_whole_answer(
    name: str, ours: OpenAICompatibleProvider, sdk: AsyncOpenAI
) -> None:
    body = request(name)
    body.pop("stream_options", None)
    raw = await sdk.responses.with_raw_response.create(**body)
    asked = asking_responses(body.pop("input"), **body)
    given = await answer(ours, asked)
    check_whole(given)
    assert timeless(given) == timeless(json.loads(raw.text))


@NAMED
async def test_both_get_the_same_events(name: str, ours: OpenAICompatibleProvider, sdk: AsyncOpenAI) -> None:
    chunks = await chunks_of(ours, call(name, stream=True))
    events = [json.loads(chunk.data) for chunk in chunks]
    theirs = [event async for event in await sdk.responses.create(**request(name), stream=True)]
    assert timeless(events) == [timeless(event.to_dict(mode="json")) for event in theirs]


@NAMED
async def test_the_fake_vendor_keeps_to_the_types_and_the_order(
    name: str, ours: OpenAICompatibleProvider
) -> None:
    chunks = await chunks_of(ours, call(name, stream=True))
    events = [json.loads(chunk.data) for chunk in chunks]
    check_types(events)
    check_order(events)


@pytest.mark.parametrize("name", ["text", "a function", "a custom tool", "thoughts"])
async def test_the_sdks_accumulated_answer_is_the_last_events(
    name: str, ours: OpenAICompatibleProvider, sdk: AsyncOpenAI
) -> None:
    async with sdk.responses.stream(**request(name)) as stream:
        final = await stream.get_final_response()
    *_, last = await chunks_of(ours, call(name, stream=True))
    known = {item.id: item.type for item in final.output}
    assert known == {item["id"]: item["type"] for item in json.loads(last.data)["response"]["output"]}


async def test_the_bytes_of_an_event_are_the_vendors(
    vendor: RunningVendor, ours: OpenAICompatibleProvider
) -> None:
    asked = call("text", stream=True, service_tier="default")
    chunks = await chunks_of(ours, asked)
    headers = {"authorization": f"Bearer {vendor.api_key}"}
    async with (
        aiohttp.ClientSession(headers=headers) as client,
        client.post(f"{vendor.base_url}/responses", data=asked.payload) as response,
    ):
        lines = (await response.read()).split(b"\n")
    sent = [line.removeprefix(b"data: ") for line in lines if line.startswith(b"data: ")]
    same = [chunk.data == each for chunk, each in zip(chunks, sent, strict=True) if b"created_at" not in each]
    assert all(same)
    assert len(same) > 5


async def test_the_request_goes_as_it_came_but_for_the_plain_tier(
    vendor: RunningVendor, ours: OpenAICompatibleProvider
) -> None:
    asked = call("labels")
    await ours.complete(asked)
    (seen,) = vendor.log.calls
    assert seen.path == "/v1/responses"
    assert seen.body == {**asked.body, "service_tier": "default"}


async def test_chat_still_goes_to_chat(vendor: RunningVendor, ours: OpenAICompatibleProvider) -> None:
    await ours.complete(asking())
    assert vendor.log.calls[0].path == "/v1/chat/completions"


async def test_what_was_made_here_is_not_sent(vendor: RunningVendor, ours: OpenAICompatibleProvider) -> None:
    items: list[dict[str, Any]] = [
        {"role": "user", "content": "hello"},
        {"type": "reasoning", "id": "rs_gw_a_0", "summary": [], "encrypted_content": sealed({"c": {}})},
        {"type": "function_call", "id": "fc_gw_a_1", "call_id": "c", "name": "look", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "seen"},
    ]
    await ours.complete(asking_responses(items))
    assert vendor.log.calls[0].body["input"] == [
        items[0],
        {name: value for name, value in items[2].items() if name != "id"},
        items[3],
    ]


async def test_the_vendors_own_thoughts_are_sent(
    vendor: RunningVendor, ours: OpenAICompatibleProvider
) -> None:
    thought = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAAx"}
    items = [thought, {"role": "user", "content": "hello"}]
    await ours.complete(asking_responses(items))
    assert vendor.log.calls[0].body["input"] == items


@pytest.mark.parametrize("streams", [False, True])
async def test_usage_is_the_vendors(ours: OpenAICompatibleProvider, streams: bool) -> None:
    asked = asking_responses("vendor:reasoning=20 vendor:cached=1", stream=streams)
    if streams:
        *_, last = await chunks_of(ours, asked)
        usage = last.usage
    else:
        usage = (await ours.complete(asked)).usage
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens, usage.reasoning_tokens) == (6, 28, 20)
    assert (usage.cached_input_tokens, usage.service_tier) == (1, "default")
    assert usage.estimate_reason is EstimateReason.NONE


async def test_only_the_terminal_event_has_the_usage(ours: OpenAICompatibleProvider) -> None:
    *others, last = await chunks_of(ours, call("text", stream=True))
    assert json.loads(last.data)["type"] == "response.completed"
    assert last.usage is not None
    assert last.only_usage is False
    assert all(chunk.usage is None for chunk in others)


@pytest.mark.parametrize("streams", [False, True])
async def test_without_usage_it_is_counted_and_marked(ours: OpenAICompatibleProvider, streams: bool) -> None:
    asked = asking_responses("vendor:no-usage", stream=streams)
    usage = (await chunks_of(ours, asked))[-1].usage if streams else (await ours.complete(asked)).usage
    assert usage is not None
    assert usage.estimate_reason is EstimateReason.MISSING
    assert usage.input_tokens
    assert usage.output_tokens == 8


async def test_an_answer_that_failed_is_an_error_with_its_charge(ours: OpenAICompatibleProvider) -> None:
    chunks, error = await failure(ours, asking_responses("vendor:finish=failed", stream=True))
    assert error.failure is Failure.CUT
    assert error.usage is not None
    assert (error.usage.output_tokens, error.usage.estimate_reason) == (8, EstimateReason.NONE)
    assert not any(b"response.failed" in chunk.data for chunk in chunks)


async def test_an_error_event_is_an_error(ours: OpenAICompatibleProvider) -> None:
    _, error = await failure(ours, asking_responses("vendor:error", stream=True))
    assert "The server had an error" in error.message
    assert error.usage is not None
    assert error.usage.estimate_reason is EstimateReason.CUT


async def test_an_error_object_instead_of_an_answer_is_one(ours: OpenAICompatibleProvider) -> None:
    with pytest.raises(ProviderError, match="The server had an error") as caught:
        await ours.complete(asking_responses("vendor:error"))
    assert caught.value.failure is Failure.REFUSED


@pytest.mark.parametrize("how", ["cut=6", "end=6", "bad-json"])
async def test_a_stream_without_its_end_is_charged_by_what_came(
    ours: OpenAICompatibleProvider, how: str
) -> None:
    chunks, error = await failure(ours, asking_responses(f"vendor:{how}", stream=True))
    assert chunks
    assert error.failure is Failure.CUT
    assert error.usage is not None
    assert error.usage.estimate_reason is EstimateReason.CUT


@pytest.mark.parametrize("status", [400, 401, 429, 500])
async def test_a_refusal_costs_nothing(ours: OpenAICompatibleProvider, status: int) -> None:
    _, error = await failure(ours, asking_responses(f"vendor:status={status}", stream=True))
    assert (error.status, error.failure, error.usage) == (status, Failure.REFUSED, None)


async def test_a_refusal_names_the_field(ours: OpenAICompatibleProvider) -> None:
    with pytest.raises(ProviderError) as caught:
        await ours.complete(asking_responses(max_tokens=5))
    assert caught.value.param == "max_tokens"


async def test_an_unloved_tier_is_left_out_and_remembered(
    vendor: RunningVendor, ours: OpenAICompatibleProvider
) -> None:
    vendor.vendor.next.append("vendor:status=400 vendor:param=service_tier")
    await ours.complete(asking_responses())
    await ours.complete(asking_responses())
    assert ["service_tier" in seen.body for seen in vendor.log.calls] == [True, False, False]


@pytest.mark.parametrize("how", ["", "vendor:crlf ", "vendor:dribble=7 "])
async def test_a_whole_answer_that_comes_as_events_is_a_whole_answer(
    ours: OpenAICompatibleProvider, how: str
) -> None:
    given = await answer(ours, asking_responses(f"{how}vendor:other-form"))
    check_whole(given)
    assert given["usage"]["output_tokens"] == 8


@NAMED
async def test_events_that_come_as_a_whole_answer_are_events(
    name: str, ours: OpenAICompatibleProvider
) -> None:
    body = request(name, stream=True)
    given = f"{body.pop('input')} vendor:other-form" if name != "items" else "vendor:other-form"
    chunks = await chunks_of(ours, asking_responses(given, **body))
    events = [json.loads(chunk.data) for chunk in chunks]
    check_order(events)
    assert chunks[-1].usage is not None


@pytest.mark.parametrize(
    ("vendor_name", "traits", "speaks"),
    [
        ("openai", "{}", True),
        ("xai", "{}", True),
        ("groq", "{}", False),
        ("", "{}", False),
        ("", '{"responses": true}', True),
        ("openai", '{"responses": false}', False),
    ],
)
async def test_a_trait_says_who_speaks_it(vendor_name: str, traits: str, speaks: bool) -> None:
    provider = OpenAICompatibleProvider(base_url="http://vendor.test/v1", vendor=vendor_name, traits=traits)
    assert provider.speaks(asking_responses()) is speaks
    assert provider.speaks(asking()) is True
