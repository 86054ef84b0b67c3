"""Conversations in Responses with vendors of other protocols: what a vendor wants back comes back, and to it alone."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from msgspec.structs import replace

from providers.any_protocol import complete_in, stream_in
from providers.openai_compatible.provider import OpenAICompatibleProvider
from providers.openai_compatible.timeouts import Timeouts
from providers.port import LLMProvider, ProviderError
from tests.integration.providers.asking import Asked, asking_responses
from tests.integration.providers.families import FAMILIES
from tests.unit.providers.responses.sdk import (
    accumulated,
    check_order,
    check_types,
    check_whole,
    known_fields,
)
from tests.vendors.running import Running, running

HELLO = {"role": "user", "content": "hello"}
TOOL_CASE = {"role": "user", "content": "vendor:case=tools"}
NAMES = ("weather", "clock", "look_up", "get_weather", "get_time")
TOOLS = [{"type": "function", "name": name, "parameters": {"type": "object"}} for name in NAMES]
SIGNATURE = "c2lnLTE="
"""What both vendors sign with in the recorded answers."""
SIGNING = pytest.mark.parametrize("name", ["anthropic", "gemini"])
STREAMS = pytest.mark.parametrize("streams", [False, True])


@pytest.fixture(scope="module")
def _fakes() -> Iterator[dict[str, Running[Any]]]:
    with ExitStack() as stack:
        yield {name: stack.enter_context(running(family.fake())) for name, family in FAMILIES.items()}


@pytest.fixture
def fakes(_fakes: dict[str, Running[Any]]) -> dict[str, Running[Any]]:
    for fake in _fakes.values():
        fake.log.clear()
    return _fakes


def provider_of(name: str, fakes: dict[str, Running[Any]]) -> LLMProvider:
    return FAMILIES[name].provider(fakes[name].port, fakes[name].api_key, Timeouts())


def asked(name: str, *items: Any, streams: bool = False, **fields: Any) -> Asked:
    call = asking_responses(list(items), tools=TOOLS, max_output_tokens=50, stream=streams, **fields)
    return replace(call, model=FAMILIES[name].model)


async def response_of(provider: LLMProvider, call: Asked) -> dict[str, Any]:
    """The Response, whichever way it was asked for, which is checked against the SDK's types."""
    if not call.body["stream"]:
        whole: dict[str, Any] = json.loads((await complete_in(provider, call)).body)
    else:
        chunks = [chunk async for chunk in stream_in(provider, call)]
        events = [json.loads(chunk.data) for chunk in chunks]
        check_types(events)
        check_order(events)
        assert [chunk.usage is not None for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
        whole = events[-1]["response"]
        assert accumulated(events) == known_fields(whole)
    check_whole(whole)
    return whole


async def conversation_with(provider: LLMProvider, name: str, streams: bool) -> list[dict[str, Any]]:
    """A first turn, in which the model calls tools, with their results."""
    said = (await response_of(provider, asked(name, TOOL_CASE, streams=streams)))["output"]
    calls = [item for item in said if item["type"] == "function_call"]
    assert calls
    results = [
        {"type": "function_call_output", "call_id": call["call_id"], "output": "sunny"} for call in calls
    ]
    return [HELLO, *said, *results]


@SIGNING
@STREAMS
async def test_what_a_vendor_signed_comes_back_to_it(
    name: str, streams: bool, fakes: dict[str, Running[Any]]
) -> None:
    provider = provider_of(name, fakes)
    items = await conversation_with(provider, name, streams)
    await response_of(provider, asked(name, *items, streams=streams))
    assert SIGNATURE in json.dumps(fakes[name].log.calls[-1].body)
    await provider.close()


@SIGNING
@STREAMS
async def test_no_other_vendor_sees_it(name: str, streams: bool, fakes: dict[str, Running[Any]]) -> None:
    provider = provider_of(name, fakes)
    items = await conversation_with(provider, name, streams)
    fake = fakes["openai"]
    for vendor in ("openai", "other"):
        other = OpenAICompatibleProvider(
            base_url=f"http://127.0.0.1:{fake.port}/v1", api_key=fake.api_key, vendor=vendor
        )
        await response_of(other, asked("openai", *items, streams=streams))
        seen = json.dumps(fake.log.calls[-1].body)
        assert not [mark for mark in (SIGNATURE, "made_by", "gateway.1.", "_gw_") if mark in seen]
        await other.close()
    assert [call.path for call in fake.log.calls] == ["/v1/responses", "/v1/chat/completions"]
    await provider.close()


@pytest.mark.parametrize("name", FAMILIES)
@STREAMS
async def test_every_vendor_answers_a_plain_question(
    name: str, streams: bool, fakes: dict[str, Running[Any]]
) -> None:
    provider = provider_of(name, fakes)
    answer = await response_of(provider, asked(name, HELLO, streams=streams))
    assert answer["status"] == "completed"
    assert answer["output"][-1]["content"][0]["text"]
    await provider.close()


async def test_a_whole_answer_cut_by_its_limit_is_incomplete(fakes: dict[str, Running[Any]]) -> None:
    provider = provider_of("openai", fakes)
    answer = await response_of(provider, asking_responses("hello", max_output_tokens=3, stream=False))
    assert answer["incomplete_details"] == {"reason": "max_output_tokens"}
    await provider.close()


async def test_a_stream_cut_by_its_limit_is_incomplete(fakes: dict[str, Running[Any]]) -> None:
    provider = provider_of("openai", fakes)
    call = asking_responses("hello", max_output_tokens=3, stream=True)
    events = [json.loads(chunk.data) async for chunk in stream_in(provider, call)]
    check_types(events)
    check_order(events)
    assert events[-1]["type"] == "response.incomplete"
    await provider.close()


@SIGNING
@STREAMS
async def test_what_an_answer_can_do_without_is_left_out_where_the_vendor_has_no_word_for_it(
    name: str, streams: bool, fakes: dict[str, Running[Any]]
) -> None:
    """One call at a time, few words, no thinking."""
    provider = provider_of(name, fakes)
    wishes = {
        "parallel_tool_calls": False,
        "text": {"verbosity": "low"},
        "reasoning": {"effort": "none"},
    }
    answer = await response_of(provider, asked(name, HELLO, streams=streams, **wishes))
    assert answer["output"]
    assert len(fakes[name].log.calls) == 1
    with pytest.raises(ProviderError, match=r"^`top_logprobs`"):
        await response_of(provider, asked(name, HELLO, streams=streams, **wishes, top_logprobs=2))
    await provider.close()
