"""Usage in the ways of different vendors; their bodies are recorded in shape, not in content."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.openai_compatible.lenient_json import NotJson
from providers.openai_compatible.usage import Reading, ReportedUsage
from providers.openai_compatible.usage_fields import LARGEST, count_of
from providers.openai_compatible.wire import read_answer

Tokens = tuple[int | None, int | None, int, int, int]
"""Input, output; of the input cached and written; of the output reasoning."""
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
XAI_LESS_THOUGHT = XAI | {"total_tokens": 44, "completion_tokens_details": {"reasoning_tokens": 3}}
DEEPSEEK = {
    "prompt_tokens": 50,
    "completion_tokens": 10,
    "total_tokens": 60,
    "prompt_cache_hit_tokens": 48,
    "prompt_cache_miss_tokens": 2,
}
PROXIED = {"prompt_tokens": 90, "completion_tokens": 5, "cache_creation_input_tokens": 70}
LITELLM = {
    "prompt_tokens": 6_020,
    "completion_tokens": 50,
    "total_tokens": 6_070,
    "prompt_tokens_details": {"cached_tokens": 5_000},
    "cache_read_input_tokens": 5_000,
    "cache_creation_input_tokens": 1_000,
}
NATIVE_ANTHROPIC = {
    "input_tokens": 20,
    "output_tokens": 50,
    "cache_read_input_tokens": 5_000,
    "cache_creation_input_tokens": 1_000,
}
RESPONSES = {
    "input_tokens": 100,
    "output_tokens": 60,
    "total_tokens": 160,
    "input_tokens_details": {"cached_tokens": 64},
    "output_tokens_details": {"reasoning_tokens": 40},
}
OLLAMA = {"prompt_eval_count": 26, "eval_count": 298}
OPENROUTER = {
    "prompt_tokens": 10,
    "completion_tokens": 4,
    "total_tokens": 14,
    "cost": 0.00014,
    "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 6},
}


def read(*reports: object) -> Reading:
    usage = ReportedUsage()
    for report in reports:
        usage.add(report)
    return usage.reading()


def tokens(reading: Reading) -> Tokens:
    return (
        reading.input_tokens,
        reading.output_tokens,
        reading.cached_input_tokens,
        reading.cache_write_tokens,
        reading.reasoning_tokens,
    )


@pytest.mark.parametrize(
    ("reported", "expected"),
    [
        (OPENAI, (100, 60, 64, 0, 40)),
        (XAI, (32, 103, 8, 0, 94)),
        (XAI_LESS_THOUGHT, (32, 12, 8, 0, 3)),
        (DEEPSEEK, (50, 10, 48, 0, 0)),
        (PROXIED, (90, 5, 0, 70, 0)),
        (LITELLM, (6_020, 50, 5_000, 1_000, 0)),
        (NATIVE_ANTHROPIC, (6_020, 50, 5_000, 1_000, 0)),
        (NATIVE_ANTHROPIC | {"total_tokens": 70}, (6_020, 50, 5_000, 1_000, 0)),
        (NATIVE_ANTHROPIC | {"total_tokens": 6_070}, (6_020, 50, 5_000, 1_000, 0)),
        (RESPONSES, (100, 60, 64, 0, 40)),
        (OLLAMA, (26, 298, 0, 0, 0)),
        (OPENROUTER, (10, 4, 0, 6, 0)),
        ({"prompt_tokens": 3, "total_tokens": 3}, (3, None, 0, 0, 0)),
        (
            {"prompt_cache_hit_tokens": 3, "prompt_cache_miss_tokens": 4, "completion_tokens": 1},
            (7, 1, 3, 0, 0),
        ),
    ],
)
def test_each_vendors_way_is_believed(reported: dict[str, Any], expected: Tokens) -> None:
    reading = read(reported)
    assert (tokens(reading), reading.contradictory) == (expected, False)


@pytest.mark.parametrize(
    ("reported", "expected"),
    [
        # The larger reading, marked.
        ({"prompt_tokens": 20, "completion_tokens": 198, "total_tokens": 623}, (20, 603, 0, 0, 0)),
        ({"prompt_tokens": 20, "completion_tokens": 198, "total_tokens": 5}, (20, 198, 0, 0, 0)),
        (
            {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 99}},
            (109, 5, 99, 0, 0),
        ),
        (
            {"prompt_tokens": 10, "completion_tokens": 5, "cached_tokens": 99, "total_tokens": 15},
            (109, 5, 99, 0, 0),
        ),
        (
            {
                "prompt_tokens": 20,
                "completion_tokens": 50,
                "total_tokens": 70,
                "cache_read_input_tokens": 5_000,
            },
            (5_020, 50, 5_000, 0, 0),
        ),
        ({"prompt_tokens": 10, "completion_tokens": 5, "reasoning_tokens": 99}, (10, 104, 0, 0, 99)),
        ({"prompt_tokens": 10, "completion_tokens": 50, "reasoning_tokens": 30}, (10, 80, 0, 0, 30)),
        ({"prompt_tokens": 10, "total_tokens": 60}, (10, 50, 0, 0, 0)),
        ({"completion_tokens": 50, "total_tokens": 60}, (10, 50, 0, 0, 0)),
        ({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 60}, (0, 60, 0, 0, 0)),
    ],
)
def test_of_a_contradiction_the_larger_reading_counts_and_is_marked(
    reported: dict[str, Any], expected: Tokens
) -> None:
    reading = read(reported)
    assert (tokens(reading), reading.contradictory) == (expected, True)


@pytest.mark.parametrize(
    ("value", "count"),
    [
        *[(value, None) for value in (None, True, -1, "many", [], {}, float("nan"), "", "nan", "1" * 40)],
        *[(7, 7), (1.5, 2), (2.0, 2), ("12", 12), ("1.2", 2), (0, 0), (-0.0, 0)],
        *[(10**12, 10**12), (10**20, LARGEST), (float("inf"), LARGEST), (1e300, LARGEST)],
        *[(10**400, LARGEST), (-(10**400), None)],
    ],
)
def test_a_count_is_read_as_it_can_be(value: object, count: int | None) -> None:
    assert count_of(value) == count


def test_a_bad_field_does_not_take_the_others_along() -> None:
    reading = read({"prompt_tokens": -1, "completion_tokens": 7, "prompt_tokens_details": "none"})
    assert (reading.input_tokens, reading.output_tokens, reading.contradictory) == (None, 7, False)


@pytest.mark.parametrize("nonsense", [None, {}, [], "many", 7, {"cost": 1}])
def test_nonsense_counts_as_not_reported(nonsense: object) -> None:
    usage = ReportedUsage()
    usage.add(nonsense)
    assert usage.is_empty
    assert tokens(usage.reading()) == (None, None, 0, 0, 0)


@pytest.mark.parametrize("odd", ["x" * 2_000, "\ud83d"])
def test_of_usage_that_cannot_be_shown_as_it_came_the_figures_are(odd: str) -> None:
    usage = ReportedUsage()
    usage.add({"prompt_tokens": 9, "completion_tokens": 2, "odd": odd})
    assert msgspec.json.decode(usage.text) == {"input": 9, "output": 2}


def test_figures_inside_each_other_without_end_are_no_trouble() -> None:
    nested: dict[str, Any] = {"input_tokens": 1}
    for _ in range(5_000):
        nested = {"input_tokens": 3, "output_tokens": 2, "billed_units": nested}
    assert tokens(read(nested)) == (3, 2, 0, 0, 0)


def test_usage_that_is_split_over_chunks_is_put_together() -> None:
    first = {"prompt_tokens": 1_200, "completion_tokens": 0, "total_tokens": 1_200}
    second = {"prompt_tokens": 0, "completion_tokens": 50, "total_tokens": 50}
    reading = read(first, second)
    assert (tokens(reading), reading.contradictory) == ((1_200, 50, 0, 0, 0), False)


def test_usage_that_grows_from_chunk_to_chunk_is_never_added_up() -> None:
    grown = [{"prompt_tokens": 9, "completion_tokens": n, "total_tokens": 9 + n} for n in range(1, 40)]
    reading = read(*grown)
    assert (tokens(reading), reading.contradictory) == ((9, 39, 0, 0, 0), False)


counts = st.one_of(st.none(), st.integers(0, 10_000))


@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "prompt_tokens": counts,
                "completion_tokens": counts,
                "total_tokens": counts,
                "cached_tokens": counts,
                "reasoning_tokens": counts,
                "cache_read_input_tokens": counts,
                "cache_creation_input_tokens": counts,
            },
        ),
        min_size=1,
        max_size=4,
    )
)
def test_no_field_is_read_lower_than_it_was_reported_and_parts_fit_into_the_whole(
    reports: list[dict[str, int | None]],
) -> None:
    reading = read(*reports)
    said = {name: max((each.get(name) or 0) for each in reports) for each in reports for name in each}
    assert (reading.input_tokens or 0) >= said.get("prompt_tokens", 0)
    assert (reading.output_tokens or 0) >= said.get("completion_tokens", 0)
    assert reading.cached_input_tokens + reading.cache_write_tokens <= (reading.input_tokens or 0)
    assert reading.reasoning_tokens <= (reading.output_tokens or 0)


@pytest.mark.parametrize(
    "body",
    [
        {"choices": [], "x_groq": {"usage": {"prompt_tokens": 4, "completion_tokens": 2}}},
        {"choices": [{"usage": {"prompt_tokens": 4, "completion_tokens": 2}}]},
        {"choices": [], "timings": {"prompt_n": 1, "cache_n": 3, "predicted_n": 2}},
        {"model": 7, "choices": {"odd": True}, "usage": {"prompt_tokens": 4, "completion_tokens": 2}},
    ],
)
def test_usage_is_found_wherever_a_vendor_puts_it(body: dict[str, Any]) -> None:
    reading = read(*read_answer(msgspec.json.encode(body)).usages())
    assert (reading.input_tokens, reading.output_tokens) == (4, 2)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"nonsense",
        b"[]",
        b'"text"',
        b'{"choices":[',
        b"\xff",
        b"[" * 100_000,
        b'{"a":' + b"9" * 5_000 + b"x",
    ],
)
def test_what_is_no_json_object_is_told_apart(data: bytes) -> None:
    with pytest.raises(NotJson):
        read_answer(data)
