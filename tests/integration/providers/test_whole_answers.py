"""OpenAICompatibleProvider.complete and .embed against the fake vendor over real HTTP."""

import json
import socket
from typing import Any

import msgspec
import pytest

from providers.openai_compatible.provider import OpenAICompatibleProvider
from providers.port import Failure, ProviderError, Usage
from tests.integration.providers.asking import answer, asking
from tests.vendors.running import RunningVendor

Provider = OpenAICompatibleProvider


async def failure_of(provider: Provider, text: str, **facts: Any) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await provider.complete(asking(text, **facts))
    return caught.value


async def test_an_answer_passes_as_it_came_with_its_usage(provider: Provider, vendor: RunningVendor) -> None:
    completion = await provider.complete(asking("one two", max_tokens=5))
    given = msgspec.json.decode(completion.body)
    assert given["choices"][0]["message"]["content"] == "the quick brown fox jumps"
    assert given["choices"][0]["finish_reason"] == "length"
    assert given["system_fingerprint"] == "fp_fakevendor"
    assert completion.model == "fake-small-2026-01-01"
    assert completion.usage == Usage(input_tokens=6, output_tokens=5, service_tier="default")


async def test_the_request_goes_as_metering_made_it(provider: Provider, vendor: RunningVendor) -> None:
    fields: dict[str, Any] = {"seed": 7, "top_k": 3, "nested": {"extra": [1, 2.5, None, "ü"]}}
    await provider.complete(asking("hello", **fields))
    vendor.finish()
    (call,) = vendor.log.calls
    assert call.attempt_id == "attempt-1"
    assert call.headers["authorization"] == f"Bearer {vendor.api_key}"
    assert {name: call.body[name] for name in fields} == fields
    assert call.whole


async def test_reasoning_and_cached_tokens_are_read(provider: Provider) -> None:
    completion = await provider.complete(asking("vendor:reasoning=40 vendor:cached=3 some more words"))
    assert completion.usage == Usage(
        input_tokens=9,
        output_tokens=48,
        cached_input_tokens=3,
        reasoning_tokens=40,
        service_tier="default",
    )


async def test_tools_schemas_logprobs_and_n_pass(provider: Provider) -> None:
    tool = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
    called = await answer(provider, asking("vendor:tool", tools=[tool]))
    function = called["choices"][0]["message"]["tool_calls"][0]["function"]
    assert (function["name"], json.loads(function["arguments"])) == ("weather", {"city": "Paris"})
    schema = {"type": "json_schema", "json_schema": {"name": "person", "schema": {"type": "object"}}}
    person = await answer(provider, asking("who", response_format=schema))
    assert json.loads(person["choices"][0]["message"]["content"]) == {"name": "Ada", "age": 36}
    three = await answer(provider, asking("thrice", n=3, logprobs=True, top_logprobs=2))
    assert [choice["index"] for choice in three["choices"]] == [0, 1, 2]
    assert len(three["choices"][0]["logprobs"]["content"][0]["top_logprobs"]) == 2


async def test_usage_that_is_not_reported_is_counted_and_marked(provider: Provider) -> None:
    completion = await provider.complete(asking("vendor:no-usage <|endoftext|>"))
    assert completion.usage.estimate_reason == "missing"
    assert completion.usage.output_tokens == 8
    assert completion.usage.input_tokens is not None
    assert 15 < completion.usage.input_tokens < 40


async def test_images_cannot_be_counted(provider: Provider) -> None:
    parts = [
        {"type": "text", "text": "vendor:no-usage"},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
    ]
    messages = [{"role": "user", "content": parts}]
    completion = await provider.complete(asking(messages=messages))
    assert (completion.usage.input_tokens, completion.usage.output_tokens) == (None, 8)


@pytest.mark.parametrize(
    ("status", "retryable", "words"),
    [
        (400, False, "Invalid value"),
        (401, False, "credentials"),
        (403, False, "credentials"),
        (404, False, "does not exist"),
        (429, True, "Rate limit reached"),
        (500, True, "had an error"),
        (503, True, "overloaded"),
    ],
)
async def test_a_refusal_keeps_status_and_words(
    provider: Provider, status: int, retryable: bool, words: str
) -> None:
    error = await failure_of(provider, f"vendor:status={status}")
    assert (error.failure, error.status, error.retryable) == (Failure.REFUSED, status, retryable)
    assert words in error.message
    assert "sk-" not in error.message


async def test_a_429_says_when_to_come_back(provider: Provider) -> None:
    assert (await failure_of(provider, "vendor:status=429 vendor:retry-after=9")).retry_after_s == 9


async def test_a_gateway_timeout_in_front_of_the_vendor_may_be_billed(provider: Provider) -> None:
    assert (await failure_of(provider, "vendor:status=504")).failure is Failure.TIMEOUT


async def test_a_wrong_key_is_told_without_the_key(vendor: RunningVendor) -> None:
    provider = Provider(base_url=vendor.base_url, api_key="wrong-canary-key")
    error = await failure_of(provider, "hello")
    assert (error.status, error.retryable) == (401, False)
    assert "canary" not in f"{error!r} {error.message} {error.__cause__!r}"
    await provider.close()


@pytest.mark.parametrize(
    ("directive", "failure"),
    [
        ("vendor:reset", Failure.CUT),
        ("vendor:cut=0", Failure.CUT),
        ("vendor:cut=100", Failure.CUT),
        ("vendor:bad-json", Failure.CUT),
        ("vendor:type=text/html vendor:bad-json", Failure.CUT),
        ("vendor:error", Failure.REFUSED),
    ],
)
async def test_an_answer_that_is_none(provider: Provider, directive: str, failure: Failure) -> None:
    error = await failure_of(provider, directive)
    assert (error.failure, error.retryable) == (failure, True)


@pytest.mark.parametrize("directive", ["vendor:hang", "vendor:stall=2"])
async def test_an_answer_that_comes_too_late(hasty_provider: Provider, directive: str) -> None:
    error = await failure_of(hasty_provider, directive, timeout_s=0.6)
    assert (error.failure, error.retryable) == (Failure.TIMEOUT, True)


async def test_an_answer_that_is_too_large(provider: Provider) -> None:
    error = await failure_of(provider, "vendor:big=17000000", timeout_s=200.0)
    assert (error.failure, error.retryable) == (Failure.CUT, True)


async def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    provider = Provider(base_url=f"http://127.0.0.1:{port}/v1", api_key="k")
    error = await failure_of(provider, "hello")
    assert (error.failure, error.retryable) == (Failure.UNREACHABLE, True)
    await provider.close()


async def test_a_base_url_that_is_none() -> None:
    provider = Provider(base_url="not a url", api_key="k")
    assert (await failure_of(provider, "hello")).failure is Failure.UNREACHABLE
    await provider.close()


async def test_connections_are_used_again(provider: Provider, vendor: RunningVendor) -> None:
    for _ in range(3):
        await provider.complete(asking())
    ports = {call.peer for call in vendor.log.calls}
    assert len(ports) == 1


async def test_embeddings(provider: Provider) -> None:
    completion = await provider.embed(asking(input=["one two", "three"]))
    assert completion.usage == Usage(input_tokens=3, output_tokens=0)
    assert len(msgspec.json.decode(completion.body)["data"]) == 2
