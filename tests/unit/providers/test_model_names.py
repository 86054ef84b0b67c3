"""A vendor may name the model more exactly than it was asked for; one that is another has another price."""

import json

import pytest

from providers.openai_compatible.answer import whole_answer
from providers.openai_compatible.model_names import is_other_model
from providers.openai_compatible.streamed import StreamedAnswer
from providers.openai_compatible.traits import KNOWN
from tests.unit.providers.translating import a_call, run
from tests.vendors.raw import events

SAME = {
    "openai/gpt-4o": ["", "openai/gpt-4o", "gpt-4o-2024-08-06", "openai/gpt-4o:online"],
    "anthropic/claude-sonnet-4.5": ["anthropic/claude-4.5-sonnet-20250929"],
    "google/gemini-2.5-flash": ["google/gemini-2.5-flash-preview-05-20", "models/gemini-2.5-flash-001"],
    "deepseek/deepseek-chat": ["deepseek/deepseek-chat-v3-0324", "deepseek/deepseek-chat-v3.1"],
    "mistralai/mistral-large": ["mistralai/mistral-large-2411"],
    "meta-llama/llama-4-maverick": ["meta-llama/llama-4-maverick-17b-128e-instruct"],
    "qwen/qwen3-235b-a22b-07-25": ["qwen/qwen3-235b-a22b"],
    "~openai/gpt-latest": ["openai/gpt-6"],
    "": [""],
}
OTHER = {
    "openai/gpt-oss-20b": ["anthropic/claude-sonnet-5.5", "openai/gpt-oss-120b"],
    "openai/gpt-4o": ["openai/gpt-4o-mini", "openai/gpt-4.1"],
    "openai/gpt-4o-mini": ["openai/gpt-4o"],
    "deepseek/deepseek-v3": ["deepseek/deepseek-v3.1"],
    "openai/gpt-5": ["openai/gpt-5.1", "openai/gpt-5-pro"],
    "anthropic/claude-sonnet-4.5": ["anthropic/claude-opus-4.5", "anthropic/claude-sonnet-4"],
    "openrouter/auto": ["openai/gpt-6"],
    "~openai/gpt-latest": ["openai/gpt-6-mini"],
}


@pytest.mark.parametrize(("asked", "named"), [(asked, each) for asked in SAME for each in SAME[asked]])
def test_a_more_exact_name_is_the_same_model(asked: str, named: str) -> None:
    assert not is_other_model(asked, named)


@pytest.mark.parametrize(("asked", "named"), [(asked, each) for asked in OTHER for each in OTHER[asked]])
def test_another_family_version_or_size_is_another_model(asked: str, named: str) -> None:
    assert is_other_model(asked, named)


@pytest.mark.parametrize(
    ("vendor", "named", "by"),
    [
        ("openrouter", "anthropic/claude-sonnet-5.5", "anthropic/claude-sonnet-5.5"),
        ("openrouter", "openai/gpt-oss-20b-2026-08-05", "openai/gpt-oss-20b"),
        ("openrouter", "", ""),
        ("vllm", "/models/whatever.gguf", ""),
    ],
)
def test_who_answered_is_told_where_the_vendor_may_ask_another_model(
    vendor: str, named: str, by: str
) -> None:
    call, traits = a_call("openai/gpt-oss-20b"), KNOWN[vendor]
    usage = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}
    said = {"role": "assistant", "content": "hello"}
    answer = {"model": named, "usage": usage, "choices": [{"index": 0, "message": said}]}
    assert run(whole_answer(json.dumps(answer).encode(), call, "key", traits)).usage.answered_by == by
    chunk = {"model": named, "choices": [{"index": 0, "delta": said, "finish_reason": "stop"}]}
    reader = StreamedAnswer(call, "key", traits)
    list(reader.feed(events(chunk, {"model": named, "choices": [], "usage": usage}).body))
    assert run(reader.end())[-1].usage.answered_by == by
