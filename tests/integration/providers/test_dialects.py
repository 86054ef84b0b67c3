"""What only one of the compatible vendors does, or wants."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace as replace_field
from typing import Any

import msgspec
import openai
import pytest
from msgspec.structs import replace

from providers.openai_compatible.provider import OpenAICompatibleProvider
from providers.port import EstimateReason, Failure, ProviderError
from tests.integration.providers.asking import OUTPUT_LIMIT, answer, asking, chunks_of, said, streamed
from tests.vendors.compatible_app import FakeCompatible
from tests.vendors.dialects import DIALECTS
from tests.vendors.running import Running, running

UNASKED = [name for name, dialect in DIALECTS.items() if dialect.unasked]
OF_GLM = {"sensitive": "content_filter", "model_context_window_exceeded": "length"}
Vendor = Callable[[str], Running[FakeCompatible]]


@pytest.fixture(scope="module")
def vendors() -> Iterator[Vendor]:
    found: dict[str, Any] = {}

    def started(name: str) -> Running[FakeCompatible]:
        if name not in found:
            served = running(FakeCompatible(DIALECTS[name]))
            found[name] = served, served.__enter__()
        vendor: Running[FakeCompatible] = found[name][1]
        vendor.log.clear()
        return vendor

    yield started
    for served, _ in found.values():
        served.__exit__(None, None, None)


@asynccontextmanager
async def provider_of(
    vendor: Running[FakeCompatible], traits: str = "{}"
) -> AsyncIterator[OpenAICompatibleProvider]:
    dialect = vendor.vendor.dialect
    provider = OpenAICompatibleProvider(
        base_url=f"http://127.0.0.1:{vendor.port}{dialect.path}",
        api_key=vendor.api_key,
        vendor=dialect.name,
        traits=traits,
    )
    yield provider
    await provider.close()


async def test_mistral_gets_a_seed_by_its_own_name(vendors: Vendor) -> None:
    vendor = vendors("mistral")
    async with provider_of(vendor) as provider:
        await provider.complete(asking(seed=7))
    (call,) = vendor.log.calls
    assert (call.body["random_seed"], "seed" in call.body) == (7, False)


async def test_a_field_that_mistral_does_not_know_is_told_by_its_name(vendors: Vendor) -> None:
    async with provider_of(vendors("mistral")) as provider:
        with pytest.raises(ProviderError) as caught:
            await provider.complete(asking(logit_bias={"1": 1}))
    assert (caught.value.status, caught.value.param) == (422, "logit_bias")


SAID: dict[str, Any] = {
    "role": "assistant",
    "content": "Yes.",
    "reasoning_content": "hm",
    "reasoning": "hm",
    "annotations": [],
    "refusal": None,
    "audio": None,
}
"""An answer as clients send it back."""
ALONE = {"role": "assistant", "content": "Yes."}


def conversation(**facts: Any) -> Any:
    messages = [{"role": "user", "content": "really?"}, SAID, {"role": "user", "content": "why?"}]
    return asking(messages=messages, **facts)


@pytest.mark.parametrize("name", ["groq", "mistral"])
async def test_a_vendor_that_refuses_what_earlier_answers_say_beside_their_text_does_not_get_it(
    vendors: Vendor, name: str
) -> None:
    vendor = vendors(name)
    async with provider_of(vendor) as provider:
        await provider.complete(conversation())
    assert [call.body["messages"][1] for call in vendor.log.calls] == [ALONE]


async def test_a_vendor_that_wants_thoughts_back_gets_them(vendors: Vendor) -> None:
    vendor = vendors("deepseek")
    async with provider_of(vendor) as provider:
        await provider.complete(conversation())
    assert [call.body["messages"][1] for call in vendor.log.calls] == [SAID]


async def test_that_a_vendor_refuses_thoughts_is_learnt_once() -> None:
    thought = {**ALONE, "reasoning_content": "hm"}
    messages = [{"role": "user", "content": "really?"}, thought, {"role": "user", "content": "why?"}]
    with running(FakeCompatible(replace_field(DIALECTS["deepseek"], strict_messages=400))) as vendor:
        async with provider_of(vendor) as provider:
            for _ in range(2):
                await provider.complete(asking(messages=messages))
        assert [call.body["messages"][1] for call in vendor.log.calls] == [thought, ALONE, ALONE]


@pytest.mark.parametrize("name", UNASKED)
async def test_usage_that_comes_unasked_is_read(vendors: Vendor, name: str) -> None:
    vendor = vendors(name)
    async with provider_of(vendor, '{"stream_options": false}') as provider:
        usage = (await chunks_of(provider, streamed("one two")))[-1].usage
    (call,) = vendor.log.calls
    assert "stream_options" not in call.body
    assert usage is not None
    assert call.usage is not None
    assert (usage.input_tokens, usage.estimate_reason) == (call.usage["prompt_tokens"], EstimateReason.NONE)


async def test_a_chunk_without_choices_that_nobody_asked_for_is_hidden_from_the_caller(
    vendors: Vendor,
) -> None:
    async with provider_of(vendors("llamacpp")) as provider:
        chunks = await chunks_of(provider, streamed())
    shown = [msgspec.json.decode(chunk.data) for chunk in chunks if chunk.data and not chunk.only_usage]
    assert all(chunk["choices"] for chunk in shown)


@pytest.mark.parametrize("wants_it", [False, True])
async def test_running_usage_is_shown_to_who_asked_for_it_alone(vendors: Vendor, wants_it: bool) -> None:
    vendor = vendors("vllm")
    options = {"include_usage": True, **({"continuous_usage_stats": True} if wants_it else {})}
    async with provider_of(vendor) as provider:
        chunks = await chunks_of(provider, streamed(stream_options=options))
    shown = [msgspec.json.decode(chunk.data) for chunk in chunks if chunk.data]
    assert vendor.log.calls[0].body["stream_options"]["continuous_usage_stats"] is True
    assert [bool(chunk.get("usage")) for chunk in shown if chunk["choices"]] == [wants_it] * (len(shown) - 1)
    assert shown[-1]["usage"]["completion_tokens"] == 8


@pytest.mark.parametrize(("name", "output"), [("vllm", 3), ("openai", OUTPUT_LIMIT)])
async def test_a_cut_answer_of_a_model_that_thinks_is_charged_what_was_reported_so_far_or_its_whole_limit(
    vendors: Vendor, name: str, output: int
) -> None:
    call = replace(streamed("vendor:cut=4"), traits={"reasoning": True})
    async with provider_of(vendors(name)) as provider:
        with pytest.raises(ProviderError) as caught:
            await chunks_of(provider, call)
    assert caught.value.usage is not None
    assert (caught.value.usage.output_tokens, caught.value.usage.estimate_reason) == (
        output,
        EstimateReason.CUT,
    )


@pytest.mark.parametrize(("own", "known"), OF_GLM.items())
async def test_a_finish_reason_of_glms_own_is_said_in_openais_words(
    vendors: Vendor, own: str, known: str
) -> None:
    async with provider_of(vendors("glm")) as provider:
        given = await answer(provider, asking(f"vendor:finish={own}"))
        chunks = await chunks_of(provider, streamed(f"vendor:finish={own}"))
    finishes = [
        choice["finish_reason"]
        for chunk in chunks
        if chunk.data
        for choice in msgspec.json.decode(chunk.data)["choices"]
    ]
    assert (given["choices"][0]["finish_reason"], finishes[-1]) == (known, known)
    assert said(chunks) == given["choices"][0]["message"]["content"]


@pytest.mark.parametrize(
    ("name", "reason"), [("glm", "network_error"), ("deepseek", "insufficient_system_resource")]
)
async def test_a_vendor_that_says_that_it_could_not_go_on_ends_a_stream_with_an_error_and_is_paid_for_what_came(
    vendors: Vendor, name: str, reason: str
) -> None:
    text = f"vendor:finish={reason}"
    async with provider_of(vendors(name)) as provider:
        given = await answer(provider, asking(text))
        with pytest.raises(ProviderError) as caught:
            await chunks_of(provider, streamed(text))
        with pytest.raises(ProviderError) as nothing:
            await provider.complete(asking(f"{text} vendor:words=0 vendor:no-usage"))
    assert given["choices"][0]["finish_reason"] == "length"
    assert reason in caught.value.message
    assert caught.value.failure is Failure.CUT
    assert caught.value.usage is not None
    assert (caught.value.usage.output_tokens, caught.value.usage.estimate_reason) == (8, EstimateReason.CUT)
    assert (nothing.value.failure, nothing.value.usage) == (Failure.REFUSED, None)


async def test_groqs_error_ends_a_stream_that_began_with_200(vendors: Vendor) -> None:
    async with provider_of(vendors("groq")) as provider:
        with pytest.raises(ProviderError, match="over capacity") as caught:
            await chunks_of(provider, streamed("vendor:error"))
    assert caught.value.failure is Failure.CUT


@pytest.mark.parametrize("name", DIALECTS)
async def test_openais_sdk_sees_the_same_objects_at_the_vendor_and_through_the_provider(
    vendors: Vendor, name: str
) -> None:
    vendor = vendors(name)
    url = f"http://127.0.0.1:{vendor.port}{vendor.vendor.dialect.path}"
    messages: Any = [{"role": "user", "content": "hello vendor:reasoning=5"}]
    async with openai.AsyncOpenAI(base_url=url, api_key=vendor.api_key, max_retries=0) as sdk:
        theirs = await sdk.chat.completions.create(model="fake-small", messages=messages)
        stream = await sdk.chat.completions.create(model="fake-small", messages=messages, stream=True)
        their_text = "".join(
            [chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices]
        )
    async with provider_of(vendor) as provider:
        body = (await provider.complete(asking(messages=messages))).body
        text = said(await chunks_of(provider, streamed(messages=messages)))
    ours = type(theirs).construct(**msgspec.json.decode(body))
    of_the_moment = {"object", "created"}  # the former is what GLM leaves out
    assert ours.model_dump(exclude=of_the_moment) == theirs.model_dump(exclude=of_the_moment)
    assert (text, ours.object) == (their_text, "chat.completion")
