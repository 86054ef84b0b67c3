"""Usage in the ways of different vendors; their bodies are recorded in shape, not in content."""

from typing import Any

import msgspec
import pytest

from providers.openai_compatible.usage import usage_of
from providers.openai_compatible.wire import facts_of
from providers.port import Usage

OPENAI = {
    "prompt_tokens": 100,
    "completion_tokens": 60,
    "total_tokens": 160,
    "prompt_tokens_details": {"cached_tokens": 64, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 40},
}
XAI = {
    "prompt_tokens": 32,
    "completion_tokens": 9,
    "total_tokens": 135,
    "prompt_tokens_details": {"text_tokens": 32, "cached_tokens": 8},
    "completion_tokens_details": {"reasoning_tokens": 94},
}
DEEPSEEK = {
    "prompt_tokens": 50,
    "completion_tokens": 10,
    "total_tokens": 60,
    "prompt_cache_hit_tokens": 48,
    "prompt_cache_miss_tokens": 2,
}
PROXIED = {"prompt_tokens": 90, "completion_tokens": 5, "cache_creation_input_tokens": 70}


def read(usage: object) -> Usage | None:
    return usage_of(msgspec.Raw(msgspec.json.encode(usage)))


@pytest.mark.parametrize(
    ("reported", "expected"),
    [
        (OPENAI, Usage(input_tokens=100, output_tokens=60, cached_input_tokens=64, reasoning_tokens=40)),
        (XAI, Usage(input_tokens=32, output_tokens=103, cached_input_tokens=8, reasoning_tokens=94)),
        (DEEPSEEK, Usage(input_tokens=50, output_tokens=10, cached_input_tokens=48)),
        (PROXIED, Usage(input_tokens=90, output_tokens=5, cache_write_tokens=70)),
        ({"prompt_tokens": 3, "total_tokens": 3}, Usage(input_tokens=3, output_tokens=0)),
    ],
)
def test_each_vendors_way(reported: dict[str, Any], expected: Usage) -> None:
    assert read(reported) == expected


@pytest.mark.parametrize(
    "nonsense",
    [
        None,
        {},
        [],
        "many",
        {"prompt_tokens": -1, "completion_tokens": 1},
        {"prompt_tokens": 1, "completion_tokens": 10**13},
        {"prompt_tokens": 1.5, "completion_tokens": 1},
        {"prompt_tokens": 1, "completion_tokens": "2"},
    ],
)
def test_nonsense_counts_as_not_reported(nonsense: object) -> None:
    assert read(nonsense) is None


def test_parts_are_never_more_than_the_whole() -> None:
    usage = read(
        {
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "prompt_tokens_details": {"cached_tokens": 99, "cache_write_tokens": 99},
            "completion_tokens_details": {"reasoning_tokens": 99},
        }
    )
    assert usage == Usage(input_tokens=10, output_tokens=5, cached_input_tokens=10, reasoning_tokens=5)


def test_groq_reports_it_in_a_field_of_its_own() -> None:
    facts = facts_of(b'{"choices":[],"x_groq":{"usage":{"prompt_tokens":4,"completion_tokens":2}}}')
    assert facts.usage == Usage(input_tokens=4, output_tokens=2)


def test_fields_of_unexpected_types_do_not_hide_the_usage() -> None:
    facts = facts_of(b'{"model":7,"choices":{"odd":true},"usage":{"prompt_tokens":4,"completion_tokens":2}}')
    assert (facts.model, facts.usage) == ("7", Usage(input_tokens=4, output_tokens=2))


@pytest.mark.parametrize(
    "data", [b"", b"nonsense", b"[]", b'"text"', b'{"choices":[', b"\xff", b"[" * 100_000]
)
def test_what_is_no_json_object_is_told_apart(data: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        facts_of(data)
