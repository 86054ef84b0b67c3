"""The official SDK → the whole gateway → the fake vendor, over real HTTP on both sides."""

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
import requests
from pydantic import BaseModel

from metering.models import UsageLog
from tests.e2e.server import running_server
from tests.factories import ProviderFactory, make_token, reference_data
from tests.served import serve_model, settled_ledger
from tests.vendors.running import RunningVendor

pytestmark = pytest.mark.slow
KEY_VARIABLE = "FAKE_VENDOR_API_KEY"
MODEL = "small"
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


@pytest.fixture
def base_url(transactional_db: Any, vendor: RunningVendor, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A gateway whose one model is the fake vendor's."""
    monkeypatch.setenv(KEY_VARIABLE, vendor.api_key)
    reference_data()
    provider = ProviderFactory(
        name="fake", kind="openai_compatible", base_url=vendor.base_url, api_key_env=KEY_VARIABLE
    )
    serve_model(MODEL, provider=provider, physical_name="fake-small")
    with settled_ledger(), running_server() as server:
        yield f"{server.url}/v1"


@pytest.fixture
def client(base_url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=base_url, api_key=make_token().secret, max_retries=0) as client:
        yield client


def says(text: str) -> Any:
    return [{"role": "user", "content": text}]


def assert_rows_equal_the_vendors_log(vendor: RunningVendor) -> None:
    """Every call that the vendor saw is one row, with what the vendor billed."""
    rows = {str(row.pk): (row.input_tokens, row.output_tokens) for row in UsageLog.objects.all()}
    billed = {
        call.attempt_id: (call.usage["prompt_tokens"], call.usage["completion_tokens"])
        for call in vendor.log.calls
        if call.usage
    }
    assert rows == billed


def test_a_completion_is_the_vendors_own(client: openai.OpenAI, vendor: RunningVendor) -> None:
    answer = client.chat.completions.create(
        model=MODEL, messages=says("hello"), max_tokens=5, extra_body={"top_k": 7}, seed=3
    )
    assert answer.choices[0].message.content == "the quick brown fox jumps"
    assert answer.system_fingerprint == "fp_fakevendor"
    (call,) = vendor.log.calls
    assert (call.body["model"], call.body["top_k"], call.body["max_tokens"]) == ("fake-small", 7, 5)
    assert_rows_equal_the_vendors_log(vendor)


def test_of_a_member_that_occurs_twice_the_one_that_is_metered_is_the_one_that_is_sent(
    base_url: str, vendor: RunningVendor
) -> None:
    """Vendors' protocols pass on what we do not know; what is read twice would be two truths."""
    text = (
        f'{{"model": "nothing", "model": "{MODEL}", "max_tokens": 500, "max_tokens": 5, '
        '"messages": [], "messages": [{"role": "user", "content": "no", "content": "hello"}]}'
    )
    headers = {"authorization": f"Bearer {make_token().secret}", "content-type": "application/json"}
    response = requests.post(f"{base_url}/chat/completions", text, headers=headers, timeout=30)
    assert response.status_code == 200, response.text
    (call,) = vendor.log.calls
    assert (call.body["model"], call.body["max_tokens"]) == ("fake-small", 5)
    assert call.body["messages"] == [{"role": "user", "content": "hello"}]
    assert_rows_equal_the_vendors_log(vendor)


def test_tools_whole_and_streamed(client: openai.OpenAI, vendor: RunningVendor) -> None:
    whole = client.chat.completions.create(model=MODEL, messages=says("vendor:tool"), tools=[WEATHER])
    calls = whole.choices[0].message.tool_calls
    assert calls is not None
    assert json.loads(calls[0].function.arguments) == {"city": "Paris"}  # type: ignore[union-attr]
    with client.chat.completions.stream(model=MODEL, messages=says("vendor:tool"), tools=[WEATHER]) as stream:
        streamed = stream.get_final_completion().choices[0].message.tool_calls
    assert streamed is not None
    assert streamed[0].function.arguments == calls[0].function.arguments  # type: ignore[union-attr]
    assert_rows_equal_the_vendors_log(vendor)


def test_structured_output(client: openai.OpenAI) -> None:
    class Person(BaseModel):
        name: str
        age: int

    answer = client.chat.completions.parse(model=MODEL, messages=says("who"), response_format=Person)
    assert answer.choices[0].message.parsed == Person(name="Ada", age=36)


def test_n_logprobs_and_images(client: openai.OpenAI, vendor: RunningVendor) -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    messages: Any = [{"role": "user", "content": [{"type": "text", "text": "what is it"}, image]}]
    answer = client.chat.completions.create(
        model=MODEL, messages=messages, n=2, logprobs=True, top_logprobs=1
    )
    assert len(answer.choices) == 2
    assert answer.choices[0].logprobs is not None
    assert vendor.log.calls[0].body["messages"] == messages
    assert_rows_equal_the_vendors_log(vendor)


@pytest.mark.parametrize("wants_usage", [True, False])
def test_a_stream_shows_usage_only_to_who_asks(
    client: openai.OpenAI, vendor: RunningVendor, wants_usage: bool
) -> None:
    options: Any = {"stream_options": {"include_usage": True}} if wants_usage else {}
    chunks = list(client.chat.completions.create(model=MODEL, messages=says("hi"), stream=True, **options))
    assert any(chunk.usage for chunk in chunks) is wants_usage
    assert all(chunk.choices for chunk in chunks) is not wants_usage
    assert vendor.log.calls[0].body["stream_options"] == {"include_usage": True}
    assert_rows_equal_the_vendors_log(vendor)


async def test_the_async_client(base_url: str) -> None:
    from metering.orm import in_database_thread

    token = await in_database_thread(make_token)
    async with openai.AsyncOpenAI(base_url=base_url, api_key=token.secret, max_retries=0) as client:
        stream = await client.chat.completions.create(model=MODEL, messages=says("hi"), stream=True)
        said = [chunk.choices[0].delta.content or "" async for chunk in stream]
    assert "".join(said) == "the quick brown fox jumps over the lazy"


def test_a_vendor_without_usage_is_counted(client: openai.OpenAI) -> None:
    client.chat.completions.create(model=MODEL, messages=says("vendor:no-usage"))
    list(client.chat.completions.create(model=MODEL, messages=says("vendor:no-usage"), stream=True))
    whole, streamed = UsageLog.objects.order_by("id")
    assert whole.estimated
    assert streamed.estimated
    assert whole.output_tokens == streamed.output_tokens == 8
    assert whole.cost_nano_usd > 0


def test_a_vendor_that_reports_more_than_was_held_is_booked_in_full(
    client: openai.OpenAI, vendor: RunningVendor
) -> None:
    client.chat.completions.create(model=MODEL, messages=says("vendor:more=5000"), max_tokens=10)
    assert_rows_equal_the_vendors_log(vendor)


@pytest.mark.parametrize(
    "directive",
    [
        "vendor:status=401",
        "vendor:status=500",
        "vendor:reset",
        "vendor:cut=3",
        "vendor:bad-json",
        "vendor:error",
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
def test_a_failing_vendor_is_an_error_without_its_key(
    client: openai.OpenAI, vendor: RunningVendor, directive: str, streamed: bool
) -> None:
    def ask() -> None:
        answer: Any = client.chat.completions.create(model=MODEL, messages=says(directive), stream=streamed)
        if streamed:
            list(answer)

    with pytest.raises(openai.APIError) as caught:
        ask()
    error = caught.value
    assert error.code == "vendor_error"
    assert vendor.api_key not in str(error)
    assert "sk-" not in str(error)
