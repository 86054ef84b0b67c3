"""What a vendor's protocol cannot say is refused by the name that it has in the caller's protocol."""

from typing import Any

import msgspec
import pytest

from providers.any_protocol import complete_in, stream_in
from providers.gemini.provider import GeminiProvider
from providers.openai_compatible.timeouts import Timeouts
from providers.port import ProviderError
from tests.integration.providers.asking import Asked

GIVEN = {
    "messages": {"max_tokens": 50, "messages": [{"role": "user", "content": "hi"}]},
    "responses": {"input": "hi"},
}
ORPHAN = {"type": "function_call_output", "call_id": "c1", "output": "r"}
RESULT = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "r"}]}


def asking_in(protocol: str, fields: dict[str, Any]) -> Asked:
    body = {"model": "gemini-3-pro-preview", **GIVEN[protocol], **fields}
    payload = msgspec.json.encode(body)
    return Asked(model=str(body["model"]), payload=payload, body=body, asked=body, protocol=protocol)


CASES: list[tuple[str, dict[str, Any], str, str]] = [
    ("responses", {"include": ["message.output_text.logprobs"]}, "include", "`include` has no counterpart"),
    ("responses", {"temperature": 3}, "temperature", "`temperature` has to be a number"),
    (
        "responses",
        {"input": [{"role": "user", "content": "hi"}, ORPHAN]},
        "input",
        "`input` (in chat `messages[1].tool_call_id`) names no call",
    ),
    (
        "messages",
        {"messages": [{"role": "user", "content": "hi"}, RESULT]},
        "messages",
        "`messages` (in chat `messages[",
    ),
]


@pytest.mark.parametrize(("protocol", "fields", "param", "said"), CASES)
@pytest.mark.parametrize("is_streamed", [False, True], ids=["whole", "streamed"])
async def test_a_field_is_called_as_its_caller_calls_it(
    protocol: str, fields: dict[str, Any], param: str, said: str, is_streamed: bool
) -> None:
    provider = GeminiProvider(base_url="http://127.0.0.1:9", api_key="k", timeouts=Timeouts())
    call = asking_in(protocol, fields)
    answer = anext(stream_in(provider, call)) if is_streamed else complete_in(provider, call)
    with pytest.raises(ProviderError) as caught:
        await answer
    await provider.close()
    assert (caught.value.param, caught.value.message[: len(said)]) == (param, said)


async def test_an_empty_text_is_said_to_be_empty() -> None:
    provider = GeminiProvider(base_url="http://127.0.0.1:9", api_key="k", timeouts=Timeouts())
    with pytest.raises(ProviderError, match="`input` is empty"):
        await complete_in(provider, asking_in("responses", {"input": ""}))
    await provider.close()
