"""Gemini's events in a list, as it streams them to who does not ask for `alt=sse`."""

import json
from contextlib import aclosing
from typing import Any

import pytest

from providers.gemini.provider import GeminiProvider
from providers.port import Completion, ProviderError
from tests.integration.providers.asking import asking
from tests.vendors.raw import Turn, raw_vendor
from tests.vendors.wire_app import case


async def answered(events: list[Any], *, stream: bool) -> Any:
    """The usage of the answer, whole or streamed, and what it says."""
    with raw_vendor() as vendor:
        vendor.answers(Turn(body=json.dumps(events).encode()))
        provider = GeminiProvider(base_url=f"http://127.0.0.1:{vendor.port}", api_key="key")
        try:
            if not stream:
                answer: Completion = await provider.complete(asking())
                return answer.usage, json.loads(answer.body)["choices"][0]["message"]["content"]
            async with aclosing(provider.stream(asking(stream=True))) as chunks:
                told = [chunk async for chunk in chunks]
        finally:
            await provider.close()
    shown = [json.loads(chunk.data) for chunk in told if chunk.data]
    return told[-1].usage, "".join(
        choice["delta"].get("content") or "" for chunk in shown for choice in chunk["choices"]
    )


@pytest.mark.parametrize("stream", [False, True])
async def test_a_list_of_events_is_the_answer_that_they_are(stream: bool) -> None:
    given = case("gemini", "text")
    usage, text = await answered(given["events"], stream=stream)
    assert (usage.input_tokens, usage.output_tokens) == (
        given["usage"]["input_tokens"],
        given["usage"]["output_tokens"],
    )
    assert text == given["message"]["content"]


async def test_a_list_that_breaks_off_is_no_answer() -> None:
    with pytest.raises(ProviderError, match="ended before its answer did"):
        await answered([*case("gemini", "text")["events"][:-1], {}], stream=False)
