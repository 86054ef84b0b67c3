"""Anthropic's answers in OpenAI's shape. What the files of fixtures/wire say is in `test_recorded_answers.py`."""

import copy
import json
from typing import Any

import pytest

from providers.anthropic.request import request_of
from providers.anthropic.streamed import AnthropicStream
from providers.port import EstimateReason, Failure, ProviderError
from tests.unit.providers.translating import (
    ANTHROPIC,
    a_call,
    charged,
    deltas_of,
    finish_of,
    framed,
    joined,
    read,
    run,
)
from tests.vendors.wire_app import case

MODEL, whole_of, streamed = ANTHROPIC.model, ANTHROPIC.whole_of, ANTHROPIC.streamed


def test_arguments_come_byte_by_byte_as_the_vendor_sends_them() -> None:
    """`chunks` of the file holds the recorded pieces: nothing is put together, re-encoded or held back."""
    given = case("anthropic", "tools")
    pieces = [
        event["delta"]["partial_json"]
        for event in given["events"]
        if event.get("delta", {}).get("type") == "input_json_delta" and event["delta"]["partial_json"]
    ]
    sent = [
        call["function"]["arguments"]
        for delta in deltas_of(streamed(given["events"]))
        for call in delta.get("tool_calls", [])
        if call["function"]["arguments"] and "id" not in call
    ]
    assert [piece for piece in sent if piece != "{}"] == pieces


def test_blocks_that_are_open_at_once_stay_apart() -> None:
    """Nobody promises that one block ends before the next begins."""
    events = case("anthropic", "tools")["events"]
    start, end = events[0], events[-2:]

    def tool(index: int, name: str) -> dict[str, Any]:
        block = {"type": "tool_use", "id": f"toolu_{index}", "name": name, "input": {}}
        return {"type": "content_block_start", "index": index, "content_block": block}

    def piece(index: int, text: str) -> dict[str, Any]:
        delta = {"type": "input_json_delta", "partial_json": text}
        return {"type": "content_block_delta", "index": index, "delta": delta}

    stops = [{"type": "content_block_stop", "index": index} for index in (0, 1)]
    both = [
        tool(0, "a"),
        tool(1, "b"),
        piece(1, '{"x"'),
        piece(0, '{"y"'),
        piece(1, ": 1}"),
        piece(0, ": 2}"),
    ]
    calls = joined(deltas_of(streamed([start, *both, *stops, *end])))["tool_calls"]
    assert [(call["function"]["name"], call["function"]["arguments"]) for call in calls] == [
        ("a", {"y": 2}),
        ("b", {"x": 1}),
    ]


def test_thoughts_go_back_to_the_model_that_had_them_and_to_no_other() -> None:
    given = case("anthropic", "tools")
    body, _ = whole_of(given["answer"])
    message = body["choices"][0]["message"]
    results = [
        {"role": "tool", "tool_call_id": call["id"], "content": "fine"} for call in message["tool_calls"]
    ]
    messages = [{"role": "user", "content": "hello"}, message, *results]
    own = json.loads(request_of(a_call(MODEL, messages=messages), streamed=False))
    assert own["messages"][1]["content"] == given["answer"]["content"]
    other = json.loads(request_of(a_call("claude-opus-4-6", messages=messages), streamed=False))
    kinds = [block["type"] for block in other["messages"][1]["content"]]
    assert kinds == ["text", "tool_use", "tool_use", "tool_use"]


def test_a_figure_that_is_said_smaller_later_counts_at_its_largest() -> None:
    events = copy.deepcopy(case("anthropic", "cache")["events"])
    events[-2]["usage"] = {"input_tokens": 3, "cache_read_input_tokens": 5, "output_tokens": 40}
    assert charged(streamed(events)[-1].usage) == case("anthropic", "cache")["usage"]


def test_nothing_is_waited_for_after_message_stop() -> None:
    stream = AnthropicStream(a_call(MODEL), "key")
    events = case("anthropic", "text")["events"]
    list(stream.feed(framed(events[:-1])))
    assert (stream.is_complete, stream.done) == (True, False)
    list(stream.feed(framed(events[-1:])))
    assert stream.done


@pytest.mark.parametrize(("fields", "is_whole_limit"), [({}, False), ({"reasoning_effort": "high"}, True)])
def test_a_model_that_thinks_when_it_is_asked_to_is_charged_so_when_its_stream_is_cut(
    fields: dict[str, Any], is_whole_limit: bool
) -> None:
    stream = AnthropicStream(a_call("claude-opus-4-6", max_tokens=700, **fields), "key")
    list(stream.feed(framed(case("anthropic", "text")["events"][:-3])))
    usage = run(stream.came())
    assert usage is not None
    assert (usage.output_tokens == 700) is is_whole_limit


@pytest.mark.parametrize("place", [1, 4, -2])
def test_a_stream_that_ends_before_its_answer_is_charged_what_was_reported_and_what_may_have_been_thought(
    place: int,
) -> None:
    events = case("anthropic", "text")["events"][:place]
    stream = AnthropicStream(a_call(MODEL, max_tokens=700, reasoning_effort="high"), "key")
    with pytest.raises(ProviderError) as caught:
        read(stream, [framed(events)])
    usage = run(stream.came())
    assert caught.value.failure is Failure.CUT
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens) == (12, 700)
    assert usage.estimate_reason == EstimateReason.CUT


def test_of_a_model_that_does_not_think_a_cut_stream_is_charged_what_came() -> None:
    events = case("anthropic", "text")["events"][:-3]
    stream = AnthropicStream(a_call(MODEL, max_tokens=700, reasoning_effort="none"), "key")
    with pytest.raises(ProviderError):
        read(stream, [framed(events)])
    usage = run(stream.came())
    assert usage is not None
    assert usage.output_tokens is not None
    assert 6 <= usage.output_tokens <= 15


def test_a_complete_answer_needs_no_message_stop() -> None:
    chunks = streamed(case("anthropic", "text")["events"][:-1])
    assert charged(chunks[-1].usage) == case("anthropic", "text")["usage"]


def test_nothing_after_the_end_takes_anything_back() -> None:
    events = case("anthropic", "text")["events"]
    late = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    assert finish_of(streamed([*events[:-1], late, *events[-1:]])) == "stop"


def test_an_error_before_the_message_begins_is_a_refusal() -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    with pytest.raises(ProviderError) as caught:
        streamed([error])
    assert (caught.value.failure, caught.value.status, caught.value.retryable) == (Failure.REFUSED, 529, True)


def usage_with(**figures: Any) -> Any:
    answer = copy.deepcopy(case("anthropic", "text")["answer"])
    answer["usage"] = figures
    return whole_of(answer)[1]


def test_parts_of_the_cache_writes_that_contradict_their_sum_count_at_the_larger() -> None:
    lives = {"ephemeral_5m_input_tokens": 300, "ephemeral_1h_input_tokens": 200}
    usage = usage_with(
        input_tokens=10, output_tokens=6, cache_creation_input_tokens=400, cache_creation=lives
    )
    assert (usage.input_tokens, usage.cache_write_tokens, usage.cache_write_1h_tokens) == (510, 500, 200)
    assert usage.estimate_reason == EstimateReason.CONTRADICTORY


def test_thinking_beyond_the_output_is_not_believed_to_be_inside() -> None:
    usage = usage_with(input_tokens=10, output_tokens=6, output_tokens_details={"thinking_tokens": 500})
    assert (usage.output_tokens, usage.reasoning_tokens) == (506, 500)
    assert usage.estimate_reason == EstimateReason.CONTRADICTORY


def test_thinking_that_is_counted_a_little_higher_is_no_contradiction() -> None:
    usage = usage_with(input_tokens=10, output_tokens=60, output_tokens_details={"thinking_tokens": 63})
    assert (usage.output_tokens, usage.reasoning_tokens, usage.estimate_reason) == (60, 60, "")


def test_zeros_beside_text_are_counted_here() -> None:
    usage = usage_with(input_tokens=10, output_tokens=0)
    assert usage.estimate_reason == EstimateReason.MISSING
    assert usage.output_tokens > 5


@pytest.mark.parametrize("word", ["end_turn", "a_new_reason", None])
def test_a_stop_reason_that_is_new_says_stop(word: str | None) -> None:
    answer = case("anthropic", "text")["answer"] | {"stop_reason": word}
    assert whole_of(answer)[0]["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize("answer", [{}, {"content": "text"}, {"type": "message", "content": None}])
def test_an_answer_without_content_is_none(answer: dict[str, Any]) -> None:
    with pytest.raises(ProviderError) as caught:
        whole_of(answer)
    assert caught.value.failure is Failure.CUT
