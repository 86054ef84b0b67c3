"""Anthropic's own SDK asks the same fake vendor as the translation, and both see the same."""

import json
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

import pytest

from providers.anthropic.provider import AnthropicProvider
from providers.anthropic.request import request_of
from providers.port import ProviderError
from tests.integration.providers.asking import Asked, asking, chunks_of, streamed
from tests.unit.providers.translating import a_call, deltas_of, finish_of, joined, with_arguments_read
from tests.vendors.anthropic_app import FakeAnthropic
from tests.vendors.running import Running, running
from tests.vendors.wire_app import cases

anthropic = pytest.importorskip("anthropic")
pydantic = pytest.importorskip("pydantic")
MODEL = "claude-sonnet-5"
SAMPLING = {"temperature", "top_p", "top_k"}
"""The SDK's types are of a newer version of the protocol, which has them no more."""
FINISH = {"end_turn": "stop", "pause_turn": "stop", "max_tokens": "length", "tool_use": "tool_calls"}
FINISH["refusal"] = "content_filter"


@pytest.fixture(scope="module")
def fake() -> Iterator[Running[FakeAnthropic]]:
    with running(FakeAnthropic()) as vendor:
        yield vendor


@pytest.fixture(scope="module")
def sdk(fake: Running[FakeAnthropic]) -> Iterator[Any]:
    url = f"http://127.0.0.1:{fake.port}"
    with anthropic.Anthropic(base_url=url, api_key=fake.api_key, max_retries=0) as client:
        yield client


@pytest.fixture
async def ours(fake: Running[FakeAnthropic]) -> AsyncIterator[AnthropicProvider]:
    provider = AnthropicProvider(base_url=f"http://127.0.0.1:{fake.port}", api_key=fake.api_key)
    yield provider
    await provider.close()


def in_openais_words(message: Any) -> dict[str, Any]:
    """What the SDK's message says, put together here in the most direct way."""
    blocks = message.content
    calls = [
        {"id": block.id, "name": block.name, "arguments": block.input}
        for block in blocks
        if block.type == "tool_use"
    ]
    said = {
        "content": "".join(block.text for block in blocks if block.type == "text"),
        "reasoning_content": "".join(block.thinking for block in blocks if block.type == "thinking"),
        "refusal": message.stop_details.explanation if message.stop_details else "",
        "calls": calls,
    }
    return {name: value for name, value in said.items() if value}


def without_extras(message: dict[str, Any]) -> dict[str, Any]:
    message = with_arguments_read(message)
    calls = [{"id": call["id"], **call["function"]} for call in message.pop("tool_calls", [])]
    return {**message, "calls": calls} if calls else message


def billed(usage: Any) -> tuple[int, int, int, int]:
    read, written = usage.cache_read_input_tokens or 0, usage.cache_creation_input_tokens or 0
    return usage.input_tokens + read + written, read, written, usage.output_tokens


@pytest.mark.parametrize("name", cases("anthropic"))
async def test_whole_answers_say_and_cost_the_same(sdk: Any, ours: AnthropicProvider, name: str) -> None:
    text = f"vendor:case={name}"
    theirs = sdk.messages.create(model=MODEL, max_tokens=50, messages=[{"role": "user", "content": text}])
    completion = await ours.complete(asking(text))
    (choice,) = json.loads(completion.body)["choices"]
    assert without_extras(choice["message"]) == in_openais_words(theirs)
    assert choice["finish_reason"] == FINISH[theirs.stop_reason]
    usage = completion.usage
    assert billed(theirs.usage) == (
        usage.input_tokens,
        usage.cached_input_tokens,
        usage.cache_write_tokens,
        usage.output_tokens,
    )


@pytest.mark.parametrize("name", cases("anthropic"))
async def test_streams_say_and_cost_the_same(sdk: Any, ours: AnthropicProvider, name: str) -> None:
    text = f"vendor:case={name}"
    with sdk.messages.stream(
        model=MODEL, max_tokens=50, messages=[{"role": "user", "content": text}]
    ) as stream:
        theirs = stream.get_final_message()
    chunks = await chunks_of(ours, streamed(text))
    assert without_extras(joined_with_json(deltas_of(chunks))) == in_openais_words(theirs)
    assert finish_of(chunks) == FINISH[theirs.stop_reason]
    usage = chunks[-1].usage
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens) == (billed(theirs.usage)[0], billed(theirs.usage)[3])


def joined_with_json(deltas: list[dict[str, Any]]) -> dict[str, Any]:
    message = joined(deltas)
    for call in message.get("tool_calls", []):
        call["function"]["arguments"] = json.dumps(call["function"]["arguments"])
    return message


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422, 429, 500, 503, 529])
async def test_errors_have_the_same_status(sdk: Any, ours: AnthropicProvider, status: int) -> None:
    text = f"vendor:status={status}"
    with pytest.raises(anthropic.APIStatusError) as theirs:
        sdk.messages.create(model=MODEL, max_tokens=5, messages=[{"role": "user", "content": text}])
    with pytest.raises(ProviderError) as mine:
        await ours.complete(asking(text))
    assert mine.value.status == theirs.value.status_code == status


async def test_the_same_models_are_listed_and_the_same_key_is_accepted(
    sdk: Any, ours: AnthropicProvider
) -> None:
    assert [model.id for model in sdk.models.list()]
    await ours.probe(5)


def test_our_requests_are_what_the_sdks_types_describe() -> None:
    """Every kind of block and setting that the translation writes, checked by the SDK's published types."""
    from anthropic.types import message_create_params

    adapter = pydantic.TypeAdapter(message_create_params.MessageCreateParamsStreaming)
    call = {"id": "c-1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    thoughts = {"thinking_blocks": [{"type": "thinking", "thinking": "hm", "signature": "c2ln"}]}
    call["extra_content"] = {"anthropic": thoughts, "made_by": MODEL}
    parts = [
        {"type": "text", "text": "look", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
        {"type": "file", "file": {"file_data": "data:application/pdf;base64,AAAA"}},
    ]
    asked: Asked = a_call(
        MODEL,
        messages=[
            {"role": "system", "content": "be kind"},
            {"role": "user", "content": parts},
            {"role": "assistant", "content": "so", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c-1", "content": "rain"},
        ],
        tools=[{"type": "function", "function": {"name": "weather", "description": "x", "strict": True}}],
        tool_choice="auto",
        parallel_tool_calls=False,
        reasoning_effort="high",
        response_format={"type": "json_schema", "json_schema": {"name": "p", "schema": {"type": "object"}}},
        cache_control={"type": "ephemeral"},
        stop=["END"],
        top_k=5,
        user="u-1",
    )
    sent = json.loads(request_of(asked, streamed=True))
    read = read_through(adapter.validate_python(sent))
    assert {name: value for name, value in sent.items() if name not in SAMPLING} == read


def read_through(value: Any) -> Any:
    """Pydantic looks at an iterable when somebody iterates over it."""
    if isinstance(value, dict):
        return {name: read_through(item) for name, item in value.items()}
    if isinstance(value, str) or not isinstance(value, Iterable):
        return value
    return [read_through(item) for item in value]
