"""Calls in Anthropic's own protocol, over real HTTP: its SDK and our provider ask the same fake and get the same."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from providers.anthropic.provider import AnthropicProvider
from providers.port import Chunk, EstimateReason, Failure, ProviderError
from tests.integration.providers.asking import OUTPUT_LIMIT, Asked
from tests.integration.providers.conftest import QUICK
from tests.unit.providers.messages.accumulating import accumulated, read
from tests.vendors.anthropic_app import AT_HOME, FakeAnthropic
from tests.vendors.running import Running, running
from tests.vendors.wire_app import cases

anthropic = pytest.importorskip("anthropic")
MODEL = "claude-sonnet-5"


@pytest.fixture(scope="module")
def _fake() -> Iterator[Running[FakeAnthropic]]:
    with running(FakeAnthropic()) as vendor:
        yield vendor


@pytest.fixture
def fake(_fake: Running[FakeAnthropic]) -> Running[FakeAnthropic]:
    """With an empty log."""
    _fake.log.clear()
    return _fake


@pytest.fixture
def sdk(fake: Running[FakeAnthropic]) -> Iterator[Any]:
    url = f"http://127.0.0.1:{fake.port}"
    with anthropic.Anthropic(base_url=url, api_key=fake.api_key, max_retries=0) as client:
        yield client


@pytest.fixture
async def ours(fake: Running[FakeAnthropic]) -> AsyncIterator[AnthropicProvider]:
    url = f"http://127.0.0.1:{fake.port}"
    provider = AnthropicProvider(base_url=url, api_key=fake.api_key)
    yield provider
    await provider.close()


@pytest.fixture
async def hasty(fake: Running[FakeAnthropic]) -> AsyncIterator[AnthropicProvider]:
    """Gives up early."""
    url = f"http://127.0.0.1:{fake.port}"
    provider = AnthropicProvider(base_url=url, api_key=fake.api_key, timeouts=QUICK)
    yield provider
    await provider.close()


def asking(
    text: str = "hello", *, headers: dict[str, str] | None = None, timeout_s: float = 60.0, **fields: Any
) -> Asked:
    messages = [{"role": "user", "content": text}]
    body = {"model": MODEL, "max_tokens": 50, "messages": messages, **fields}
    return Asked(
        model=body["model"],
        payload=msgspec.json.encode(body),
        body=body,
        asked=body,
        output_limit=OUTPUT_LIMIT,
        protocol="messages",
        headers=headers or {},
        timeout_s=timeout_s,
    )


def streamed(text: str = "hello", **facts: Any) -> Asked:
    return asking(text, stream=True, **facts)


async def chunks_of(provider: AnthropicProvider, call: Asked) -> list[Chunk]:
    return [chunk async for chunk in provider.stream(call)]


def events_in(chunks: list[Chunk]) -> list[dict[str, Any]]:
    return [json.loads(chunk.data) for chunk in chunks if chunk.data]


def dumped(message: Any) -> dict[str, Any]:
    found: dict[str, Any] = message.model_dump(mode="json", exclude_none=True, warnings=False)
    return found


@pytest.mark.parametrize("name", cases("anthropic"))
async def test_a_whole_answer_is_what_the_sdk_gets(sdk: Any, ours: AnthropicProvider, name: str) -> None:
    text = f"vendor:case={name}"
    theirs = sdk.messages.create(model=MODEL, max_tokens=50, messages=[{"role": "user", "content": text}])
    completion = await ours.complete(asking(text))
    assert read(json.loads(completion.body)) == dumped(theirs)
    assert completion.model == theirs.model
    assert completion.usage.output_tokens == theirs.usage.output_tokens


@pytest.mark.parametrize("name", cases("anthropic"))
async def test_a_stream_comes_to_what_the_sdk_gets(sdk: Any, ours: AnthropicProvider, name: str) -> None:
    text = f"vendor:case={name}"
    messages = [{"role": "user", "content": text}]
    with sdk.messages.stream(model=MODEL, max_tokens=50, messages=messages) as stream:
        theirs = stream.get_final_message()
    chunks = await chunks_of(ours, streamed(text))
    assert accumulated(events_in(chunks)) == dumped(theirs)
    assert [chunk.usage is not None for chunk in chunks[-2:]] == [True, False]
    assert json.loads(chunks[-1].data) == {"type": "message_stop"}


async def test_the_callers_body_version_and_betas_reach_the_vendor(
    ours: AnthropicProvider, fake: Running[FakeAnthropic]
) -> None:
    headers = {"anthropic-version": "2026-10-21", "anthropic-beta": "context-management-2025-06-27,other"}
    call = asking(headers=headers, system=[{"type": "text", "text": "s"}], thinking={"type": "adaptive"})
    await ours.complete(call)
    (seen,) = fake.log.calls
    assert {name: seen.headers[name] for name in headers} == headers
    assert seen.headers["x-api-key"] == fake.api_key
    assert seen.body == {**call.body, "service_tier": "standard_only", "inference_geo": "global"}


@pytest.mark.parametrize("protocol", ["chat", "messages"])
async def test_a_workspace_that_may_not_run_it_anywhere_is_asked_without_a_place_from_then_on(
    ours: AnthropicProvider, fake: Running[FakeAnthropic], protocol: str
) -> None:
    for _ in range(2):
        completion = await ours.complete(replace(asking(model=AT_HOME), protocol=protocol))
        assert completion.usage.output_tokens
    assert [call.body.get("inference_geo") for call in fake.log.calls] == ["global", None, None]


@pytest.mark.parametrize("protocol", ["chat", "messages"])
async def test_a_model_that_stays_in_its_workspaces_place_is_told_of_none(
    ours: AnthropicProvider, fake: Running[FakeAnthropic], protocol: str
) -> None:
    await ours.complete(replace(asking(), protocol=protocol, traits={"runs_anywhere": False}))
    assert "inference_geo" not in fake.log.calls[0].body


async def test_a_place_that_the_caller_names_is_the_callers(
    ours: AnthropicProvider, fake: Running[FakeAnthropic]
) -> None:
    await ours.complete(asking(model=AT_HOME, inference_geo="us"))
    with pytest.raises(ProviderError):
        await ours.complete(asking(model=AT_HOME, inference_geo="eu"))
    assert [call.body["inference_geo"] for call in fake.log.calls] == ["us", "eu"]


async def test_without_the_callers_headers_the_first_version_is_asked_for(
    ours: AnthropicProvider, fake: Running[FakeAnthropic]
) -> None:
    await ours.complete(asking())
    (seen,) = fake.log.calls
    assert seen.headers["anthropic-version"] == "2023-06-01"
    assert "anthropic-beta" not in seen.headers


async def test_what_the_callers_version_does_not_have_is_refused_in_the_vendors_words(
    ours: AnthropicProvider,
) -> None:
    call = asking(headers={"anthropic-version": "2026-10-21"}, temperature=1)
    with pytest.raises(ProviderError) as caught:
        await ours.complete(call)
    assert (caught.value.failure, caught.value.status) == (Failure.REFUSED, 400)
    assert "temperature: Extra inputs are not permitted" in caught.value.message


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422, 429, 500, 503, 529])
async def test_errors_are_those_that_the_sdk_gets(sdk: Any, ours: AnthropicProvider, status: int) -> None:
    text = f"vendor:status={status}"
    with pytest.raises(anthropic.APIStatusError) as theirs:
        sdk.messages.create(model=MODEL, max_tokens=5, messages=[{"role": "user", "content": text}])
    for call in (ours.complete(asking(text)), chunks_of(ours, streamed(text))):
        with pytest.raises(ProviderError) as mine:
            await call
        assert mine.value.status == theirs.value.status_code == status


async def test_a_whole_answer_to_who_asked_for_a_stream_is_events(ours: AnthropicProvider) -> None:
    usual = await ours.complete(asking("vendor:case=tools"))
    chunks = await chunks_of(ours, streamed("vendor:case=tools vendor:other-form"))
    assert accumulated(events_in(chunks)) == read(json.loads(usual.body))
    assert chunks[-2].usage == usual.usage


async def test_a_stream_to_who_asked_for_a_whole_answer_is_a_message(ours: AnthropicProvider) -> None:
    usual = await ours.complete(asking("vendor:case=tools"))
    completion = await ours.complete(asking("vendor:case=tools vendor:other-form"))
    assert json.loads(completion.body)["content"] == json.loads(usual.body)["content"]
    assert (completion.usage, completion.model) == (usual.usage, usual.model)


@pytest.mark.parametrize("how", ["vendor:crlf", "vendor:dribble=7", "vendor:crlf vendor:dribble=3"])
async def test_any_legal_framing_says_the_same(ours: AnthropicProvider, how: str) -> None:
    usual = await chunks_of(ours, streamed("vendor:words=5"))
    assert events_in(await chunks_of(ours, streamed(f"vendor:words=5 {how}")))[1:] == events_in(usual)[1:]


async def test_usage_that_is_not_reported_is_counted_and_told(ours: AnthropicProvider) -> None:
    chunks = await chunks_of(ours, streamed("vendor:no-usage", system="be kind"))
    usage = chunks[-2].usage
    assert usage is not None
    assert (usage.output_tokens, usage.estimate_reason) == (8, EstimateReason.MISSING)
    assert json.loads(chunks[-2].data)["usage"]["output_tokens"] == 8


@pytest.mark.parametrize(
    ("how", "failure"),
    [
        *[(how, Failure.CUT) for how in ("cut=4", "end=4", "bad-json", "error")],
        ("stall=5", Failure.TIMEOUT),
    ],
)
async def test_a_stream_that_breaks_off_is_charged_for_what_came(
    ours: AnthropicProvider, hasty: AnthropicProvider, how: str, failure: Failure
) -> None:
    call = streamed(f"vendor:{how}", thinking={"type": "disabled"})
    with pytest.raises(ProviderError) as caught:
        await chunks_of(hasty if failure is Failure.TIMEOUT else ours, call)
    assert caught.value.failure is failure
    usage = caught.value.usage
    assert usage is not None
    assert usage.input_tokens == len(call.body["messages"][0]["content"].split())
    assert 0 < (usage.output_tokens or 0) < OUTPUT_LIMIT


async def test_a_call_without_an_answer_is_charged_its_limit_and_its_input_with_the_system_prompt(
    hasty: AnthropicProvider,
) -> None:
    async def charged(**fields: Any) -> int:
        with pytest.raises(ProviderError) as caught:
            await hasty.complete(asking("vendor:hang", **fields))
        assert caught.value.failure is Failure.TIMEOUT
        usage = caught.value.usage
        assert usage is not None
        assert usage.output_tokens == OUTPUT_LIMIT
        return usage.input_tokens or 0

    assert await charged(system="word " * 50) > await charged() + 40


async def test_a_caller_who_leaves_cuts_the_call(
    ours: AnthropicProvider, fake: Running[FakeAnthropic]
) -> None:
    stream = ours.stream(streamed("vendor:endless"))
    async for chunk in stream:
        if b"content_block_delta" in chunk.data:
            break
    await stream.aclose()
    for _ in range(100):
        if not fake.log.at_once:
            break
        await asyncio.sleep(0.02)
    (seen,) = fake.log.calls
    assert (fake.log.at_once, seen.whole) == (0, False)


async def test_a_count_is_the_one_that_the_sdk_gets(
    sdk: Any, ours: AnthropicProvider, fake: Running[FakeAnthropic]
) -> None:
    messages = [{"role": "user", "content": "one two three"}]
    theirs = sdk.messages.count_tokens(model=MODEL, messages=messages)
    headers = {"anthropic-version": "2026-10-21", "anthropic-beta": "b"}
    call = asking("one two three", headers=headers, stream=True, service_tier="auto")
    assert await ours.count_input(call) == theirs.input_tokens == 3
    seen = fake.log.calls[-1]
    assert seen.path == "/v1/messages/count_tokens"
    assert (seen.headers["anthropic-version"], seen.headers["anthropic-beta"]) == ("2026-10-21", "b")


async def test_chat_is_not_counted_by_the_vendor(
    ours: AnthropicProvider, fake: Running[FakeAnthropic]
) -> None:
    call = msgspec.structs.replace(asking(), protocol="chat")
    assert await ours.count_input(call) is None
    assert not fake.log.calls


@pytest.mark.parametrize(
    ("how", "failure"),
    [
        ("status=429", Failure.REFUSED),
        ("status=404", Failure.REFUSED),
        ("hang", Failure.TIMEOUT),
        ("reset", Failure.CUT),
        ("bad-json", Failure.CUT),
    ],
)
async def test_a_count_that_fails_costs_nothing(
    ours: AnthropicProvider, hasty: AnthropicProvider, how: str, failure: Failure
) -> None:
    with pytest.raises(ProviderError) as caught:
        await (hasty if failure is Failure.TIMEOUT else ours).count_input(asking(f"vendor:{how}"))
    assert caught.value.failure is failure
    assert caught.value.usage is None


async def test_the_protocols_that_it_speaks(ours: AnthropicProvider) -> None:
    spoken = [
        name
        for name in ("chat", "messages", "responses", "embeddings")
        if ours.speaks(msgspec.structs.replace(asking(), protocol=name))
    ]
    assert spoken == ["chat", "messages"]
