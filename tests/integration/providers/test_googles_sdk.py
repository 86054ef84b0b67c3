"""Google's own SDK asks the same fake vendor as the translation, and both see the same."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from providers.gemini.provider import VERSION, GeminiProvider
from providers.gemini.request import request_of
from providers.port import ProviderError
from tests.integration.providers.asking import asking, chunks_of, streamed
from tests.unit.providers.translating import a_call, deltas_of, finish_of, joined, with_arguments_read
from tests.vendors.gemini_app import FakeGemini
from tests.vendors.running import Running, running
from tests.vendors.wire_app import cases

genai = pytest.importorskip("google.genai")
MODEL = "fake-small"
FINISH = {"STOP": "stop", "MAX_TOKENS": "length", "SAFETY": "content_filter"}


@pytest.fixture(scope="module")
def fake() -> Iterator[Running[FakeGemini]]:
    with running(FakeGemini()) as vendor:
        yield vendor


@pytest.fixture(scope="module")
def sdk(fake: Running[FakeGemini]) -> Any:
    options = genai.types.HttpOptions(base_url=f"http://127.0.0.1:{fake.port}", api_version=VERSION)
    return genai.Client(api_key=fake.api_key, http_options=options)


@pytest.fixture
async def ours(fake: Running[FakeGemini]) -> AsyncIterator[GeminiProvider]:
    provider = GeminiProvider(base_url=f"http://127.0.0.1:{fake.port}", api_key=fake.api_key)
    yield provider
    await provider.close()


def in_openais_words(answers: list[Any]) -> dict[str, Any]:
    """What the SDK's answers say, put together here in the most direct way."""
    parts = [
        part
        for answer in answers
        for candidate in answer.candidates or ()
        for part in (candidate.content.parts if candidate.content else None) or ()
    ]
    said = {
        "content": "".join(part.text for part in parts if part.text and not part.thought),
        "reasoning_content": "".join(part.text for part in parts if part.text and part.thought),
        "calls": [
            {"name": part.function_call.name, "arguments": part.function_call.args or {}}
            for part in parts
            if part.function_call
        ],
    }
    return {name: value for name, value in said.items() if value}


def finish_in(answers: list[Any]) -> str:
    """By the SDK's answers."""
    reasons = [
        each.finish_reason for answer in answers for each in answer.candidates or () if each.finish_reason
    ]
    if not reasons:
        assert answers[-1].prompt_feedback.block_reason
        return "content_filter"
    has_calls = "calls" in in_openais_words(answers)
    return "tool_calls" if has_calls else FINISH[reasons[-1].value]


def plain(message: dict[str, Any]) -> dict[str, Any]:
    message = with_arguments_read(message)
    message.pop("refusal", None)
    calls = [call["function"] for call in message.pop("tool_calls", [])]
    return {**message, "calls": calls} if calls else message


def billed(usage: Any) -> tuple[int, int, int]:
    given = (usage.prompt_token_count or 0) + (usage.tool_use_prompt_token_count or 0)
    made = (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0)
    return given, usage.cached_content_token_count or 0, made


@pytest.mark.parametrize("name", cases("gemini"))
async def test_whole_answers_say_and_cost_the_same(sdk: Any, ours: GeminiProvider, name: str) -> None:
    text = f"vendor:case={name}"
    theirs = sdk.models.generate_content(model=MODEL, contents=text)
    completion = await ours.complete(asking(text))
    (choice,) = json.loads(completion.body)["choices"]
    assert plain(choice["message"]) == in_openais_words([theirs])
    assert choice["finish_reason"] == finish_in([theirs])
    usage = completion.usage
    assert billed(theirs.usage_metadata) == (
        usage.input_tokens,
        usage.cached_input_tokens,
        usage.output_tokens,
    )


@pytest.mark.parametrize("name", cases("gemini"))
async def test_streams_say_and_cost_the_same(sdk: Any, ours: GeminiProvider, name: str) -> None:
    text = f"vendor:case={name}"
    theirs = list(sdk.models.generate_content_stream(model=MODEL, contents=text))
    chunks = await chunks_of(ours, streamed(text))
    message = joined(deltas_of(chunks))
    for call in message.get("tool_calls", []):
        call["function"]["arguments"] = json.dumps(call["function"]["arguments"])
    assert plain(message) == in_openais_words(theirs)
    assert finish_of(chunks) == finish_in(theirs)
    usage = chunks[-1].usage
    assert usage is not None
    assert billed(theirs[-1].usage_metadata) == (
        usage.input_tokens,
        usage.cached_input_tokens,
        usage.output_tokens,
    )


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503])
async def test_errors_have_the_same_status(sdk: Any, ours: GeminiProvider, status: int) -> None:
    text = f"vendor:status={status}"
    with pytest.raises(genai.errors.APIError) as theirs:
        sdk.models.generate_content(model=MODEL, contents=text)
    with pytest.raises(ProviderError) as mine:
        await ours.complete(asking(text))
    assert mine.value.status == theirs.value.code == status


async def test_a_wrong_key_is_400_to_google_and_401_to_the_gateway(fake: Running[FakeGemini]) -> None:
    """The caller's request is not what is wrong."""
    provider = GeminiProvider(base_url=f"http://127.0.0.1:{fake.port}", api_key="another-canary-key")
    with pytest.raises(ProviderError) as caught:
        await provider.complete(asking())
    await provider.close()
    assert (caught.value.status, caught.value.param, caught.value.code) == (401, None, None)


def test_our_requests_are_what_the_sdks_types_describe() -> None:
    """Every kind of part and setting that the translation writes. The types refuse what they do not know."""
    call = {"id": "c-1", "type": "function", "function": {"name": "weather", "arguments": '{"a": 1}'}}
    call["extra_content"] = {"google": {"thought_signature": "c2ln", "id": "f-1"}, "made_by": MODEL}
    parts = [
        {"type": "text", "text": "look"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
        {"type": "file", "file": {"file_data": "data:application/pdf;base64,AAAA"}},
    ]
    asked = a_call(
        MODEL,
        messages=[
            {"role": "system", "content": "be kind"},
            {"role": "user", "content": parts},
            {"role": "assistant", "content": "so", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c-1", "content": "rain"},
        ],
        tools=[
            {
                "type": "function",
                "function": {"name": "weather", "parameters": {"type": "object"}, "strict": True},
            }
        ],
        reasoning_effort="high",
        response_format={"type": "json_schema", "json_schema": {"name": "p", "schema": {"type": "object"}}},
        stop=["END"],
        top_k=5,
        n=2,
        seed=1,
        temperature=1,
        presence_penalty=1,
    )
    sent = json.loads(request_of(asked))
    types = genai.types
    for content in (*sent["contents"], sent["systemInstruction"]):
        types.Content.model_validate(content)
    for tool in sent["tools"]:
        types.Tool.model_validate(tool)
    types.ToolConfig.model_validate(sent["toolConfig"])
    types.GenerationConfig.model_validate(sent["generationConfig"])
    with pytest.raises(ValueError, match="Extra inputs"):
        types.GenerationConfig.model_validate({"unknownField": 1})
