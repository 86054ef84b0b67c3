"""OpenAI's SDK → the whole gateway → a fake vendor with a protocol of its own, over real HTTP on both sides."""

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from metering.models import UsageLog
from tests.e2e.server import running_server
from tests.factories import ProviderFactory, make_token, reference_data
from tests.integration.providers.families import TRANSLATED, Family, fake_of_each
from tests.served import serve_model, settled_ledger
from tests.vendors.running import Running
from tests.vendors.wire_app import case

pytestmark = pytest.mark.slow
KEY_VARIABLE = "FAKE_VENDOR_API_KEY"
MODEL = "own"
WORDS = "the quick brown fox jumps over the lazy"
REFUSALS: dict[int, type[openai.APIStatusError]] = {
    400: openai.BadRequestError,
    401: openai.InternalServerError,
    404: openai.NotFoundError,
    429: openai.RateLimitError,
    500: openai.InternalServerError,
}
"""The vendor's status → the caller's error."""
TOOLS: Any = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}
    for name in ("weather", "clock")
]


_running = fake_of_each(TRANSLATED)


@pytest.fixture
def client(
    transactional_db: Any, family: Family, fake: Running[Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[openai.OpenAI]:
    """Of a gateway whose one model is the fake vendor's."""
    monkeypatch.setenv(KEY_VARIABLE, fake.api_key)
    reference_data()
    provider = ProviderFactory(
        name="own", kind=family.name, base_url=f"http://127.0.0.1:{fake.port}", api_key_env=KEY_VARIABLE
    )
    serve_model(MODEL, provider=provider, physical_name=family.model)
    with settled_ledger(), running_server() as server:
        secret = make_token().secret
        with openai.OpenAI(base_url=f"{server.url}/v1", api_key=secret, max_retries=0) as client:
            yield client


def says(text: str) -> Any:
    return [{"role": "user", "content": text}]


def assert_rows_equal_the_vendors_log(family: Family, fake: Running[Any]) -> None:
    """Every call that the vendor saw is one row with what it billed. (`settled_ledger` looks at the rest.)"""
    rows = {str(row.pk): (row.input_tokens, row.output_tokens) for row in UsageLog.objects.all()}
    assert rows == {call.attempt_id: family.counted(call.usage) for call in fake.log.calls}
    assert not UsageLog.objects.filter(estimated=True).exists()


def test_whole_answers_and_streams_cost_what_the_vendor_billed(
    client: openai.OpenAI, family: Family, fake: Running[Any]
) -> None:
    answer = client.chat.completions.create(
        model=MODEL, messages=says("hello vendor:cached=2"), max_tokens=20
    )
    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == (WORDS, "stop")
    assert answer.usage is not None
    assert answer.usage.prompt_tokens_details is not None
    assert answer.usage.prompt_tokens_details.cached_tokens == 2
    chunks = list(
        client.chat.completions.create(
            model=MODEL,
            messages=says("hello"),
            max_tokens=20,
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == WORDS
    assert chunks[-1].usage is not None
    plain = list(client.chat.completions.create(model=MODEL, messages=says("hello"), stream=True))
    assert all(chunk.choices and not chunk.usage for chunk in plain)
    assert_rows_equal_the_vendors_log(family, fake)


def test_parallel_tools_there_and_back_with_what_the_model_wants_back(
    client: openai.OpenAI, family: Family, fake: Running[Any]
) -> None:
    """The SDK's own objects are sent back, as its documentation shows it."""
    expected = case(family.name, "tools")
    messages = says("vendor:case=tools")
    with client.chat.completions.stream(model=MODEL, messages=messages, tools=TOOLS) as stream:
        streamed = stream.get_final_completion()
    whole = client.chat.completions.create(model=MODEL, messages=messages, tools=TOOLS)
    for answer in (whole, streamed):
        calls: Any = answer.choices[0].message.tool_calls
        assert answer.choices[0].finish_reason == "tool_calls"
        assert [(call.function.name, json.loads(call.function.arguments)) for call in calls] == [
            (call["function"]["name"], json.loads(call["function"]["arguments"]))
            for call in expected["message"]["tool_calls"]
        ]
    message = whole.choices[0].message
    results = [
        {"role": "tool", "tool_call_id": call.id, "content": "fine"} for call in message.tool_calls or ()
    ]
    client.chat.completions.create(
        model=MODEL, messages=[*messages, message, *results], tools=TOOLS, max_tokens=20
    )
    sent = json.dumps(fake.log.calls[-1].body)
    assert expected["signatures"]
    assert all(signature in sent for signature in expected["signatures"])
    assert_rows_equal_the_vendors_log(family, fake)


def test_what_cannot_be_translated_is_told_by_its_name_and_costs_nothing(
    client: openai.OpenAI, fake: Running[Any]
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model=MODEL, messages=says("hello"), logprobs=True)
    assert caught.value.param == "logprobs"
    assert fake.log.calls == []
    assert not any(row.input_tokens or row.output_tokens for row in UsageLog.objects.all())


def test_refusals_cost_nothing_and_tell_no_key(client: openai.OpenAI, fake: Running[Any]) -> None:
    for status, kind in REFUSALS.items():
        for stream in (False, True):
            with pytest.raises(kind) as caught:
                client.chat.completions.create(
                    model=MODEL, messages=says(f"vendor:status={status}"), stream=stream
                )
            response = caught.value.response
            assert fake.api_key not in response.text + str(response.headers)
            assert response.headers.get("retry-after") == ("7" if status == 429 else None)
    assert not any(row.input_tokens or row.output_tokens for row in UsageLog.objects.all())


def test_a_stream_that_breaks_off_is_charged_and_marked(client: openai.OpenAI) -> None:
    with pytest.raises(openai.APIError):
        list(client.chat.completions.create(model=MODEL, messages=says("vendor:cut=4"), stream=True))
    (row,) = UsageLog.objects.all()
    assert (row.estimate_reason, row.output_tokens > 0) == ("cut", True)
