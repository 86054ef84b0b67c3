"""Chat answers as Messages: whole, and as events that come to the same."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from providers.messages.answer import whole_of
from providers.messages.carried import carried_in
from providers.messages.events import MessagesEvents
from providers.port import Usage
from tests.unit.providers.messages.accumulating import accumulated, read

USAGE = Usage(input_tokens=10, output_tokens=5)
WANTED = {"type": "enabled", "budget_tokens": 1_024}


def completion(message: dict[str, Any], finish: str = "stop", **choice: Any) -> dict[str, Any]:
    return {
        "id": "chatcmpl-7",
        "model": "m-1",
        "choices": [{"index": 0, "message": message, "finish_reason": finish, **choice}],
    }


def whole(
    message: dict[str, Any], finish: str = "stop", *, usage: Usage = USAGE, **asked: Any
) -> dict[str, Any]:
    return whole_of(completion(message, finish), asked={"model": "m", **asked}, usage=usage)


def chunks(deltas: Sequence[dict[str, Any]], finish: str = "stop") -> Iterator[dict[str, Any]]:
    for delta in deltas:
        yield {"id": "chatcmpl-7", "model": "m-1", "choices": [{"index": 0, "delta": delta}]}
    yield {
        "id": "chatcmpl-7",
        "model": "m-1",
        "choices": [{"index": 0, "delta": {}, "finish_reason": finish}],
    }
    yield {"id": "chatcmpl-7", "model": "m-1", "choices": [], "usage": {"prompt_tokens": 10}}


def events(
    deltas: Sequence[dict[str, Any]], finish: str = "stop", *, usage: Usage = USAGE, **asked: Any
) -> list[dict[str, Any]]:
    stream = MessagesEvents(asked={"model": "m", **asked}, attempt_id="a-1")
    found = [event for chunk in chunks(deltas, finish) for event in stream.feed(chunk)]
    return [*found, *stream.end(usage)]


def call(id: str, arguments: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "type": "function", "function": {"name": "weather", "arguments": arguments}, **more}


def piece(index: int, arguments: str = "", **more: Any) -> dict[str, Any]:
    function: dict[str, Any] = {"arguments": arguments}
    if name := more.pop("name", None):
        function["name"] = name
    return {"tool_calls": [{"index": index, "function": function, **more}]}


def begun(index: int, id: str, arguments: str = "", **more: Any) -> dict[str, Any]:
    return piece(index, arguments, name="weather", id=id, type="function", **more)


def test_a_text_is_a_message() -> None:
    assert whole({"role": "assistant", "content": "hello"}) == {
        "id": "msg_7",
        "type": "message",
        "role": "assistant",
        "model": "m-1",
        "content": [{"type": "text", "text": "hello"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "stop_details": None,
        "usage": {
            "input_tokens": 10,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
            "output_tokens": 5,
            "service_tier": "standard",
        },
    }


def test_the_events_of_a_text_come_in_the_documented_order() -> None:
    found = events([{"role": "assistant", "content": ""}, {"content": "hel"}, {"content": "lo"}])
    assert [event["type"] for event in found] == [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert found[-2]["usage"]["input_tokens"] == 10
    assert accumulated(found) == read(whole({"content": "hello"}))


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_what_the_model_thinks_comes_first_without_a_signature(field: str) -> None:
    content = whole({"content": "so", field: "hm"}, thinking=WANTED)["content"]
    assert content == [
        {"type": "thinking", "thinking": "hm", "signature": ""},
        {"type": "text", "text": "so"},
    ]
    assert (
        accumulated(events([{field: "h"}, {field: "m"}, {"content": "so"}], thinking=WANTED))["content"]
        == content
    )


def test_the_same_thought_under_two_names_is_one() -> None:
    message = {"content": "so", "reasoning": "hm", "reasoning_content": "hm"}
    assert len(whole(message, thinking=WANTED)["content"]) == 2


def test_content_in_parts_is_read_as_mistral_sends_it() -> None:
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
        {"type": "text", "text": "so"},
    ]
    content = whole({"content": parts}, thinking=WANTED)["content"]
    assert [block["type"] for block in content] == ["thinking", "text"]
    assert accumulated(events([{"content": parts}], thinking=WANTED))["content"] == content


@pytest.mark.parametrize("thinking", [None, {"type": "disabled"}, {"type": "adaptive", "display": "omitted"}])
def test_a_caller_who_does_not_ask_for_thoughts_gets_none(thinking: dict[str, str] | None) -> None:
    """Most code of the SDK reads the text of the first block."""
    assert len(whole({"content": "so", "reasoning": "hm"}, thinking=thinking)["content"]) == 1
    found = accumulated(events([{"reasoning": "hm"}, {"content": "so"}], thinking=thinking))
    assert [block["type"] for block in found["content"]] == ["text"]


def test_calls_are_blocks_with_their_input() -> None:
    message = {"content": "look", "tool_calls": [call("a", '{"city": "Oslo"}'), call("b", "")]}
    found = whole(message, "tool_calls")
    assert found["stop_reason"] == "tool_use"
    assert found["content"][1:] == [
        {"type": "tool_use", "id": "a", "name": "weather", "input": {"city": "Oslo"}},
        {"type": "tool_use", "id": "b", "name": "weather", "input": {}},
    ]


def test_arguments_come_piece_by_piece_as_the_vendor_sends_them() -> None:
    deltas = [{"content": "look"}, begun(0, "a"), piece(0, '{"ci'), piece(0, 'ty":1}'), begun(1, "b", "{}")]
    found = events(deltas, "tool_calls")
    pieces = [event["delta"]["partial_json"] for event in found if "partial_json" in event.get("delta", {})]
    assert pieces == ['{"ci', 'ty":1}', "{}"]
    message = {"content": "look", "tool_calls": [call("a", '{"city":1}'), call("b", "{}")]}
    assert accumulated(found) == read(whole(message, "tool_calls"))


def test_pieces_of_several_calls_in_turn_become_one_block_after_the_other() -> None:
    deltas = [
        begun(0, "a"),
        begun(1, "b"),
        piece(1, '{"y"'),
        piece(0, '{"x"'),
        piece(1, ":2}"),
        piece(0, ":1}"),
    ]
    message = {"content": None, "tool_calls": [call("a", '{"x":1}'), call("b", '{"y":2}')]}
    assert accumulated(events(deltas, "tool_calls")) == read(whole(message, "tool_calls"))


def test_a_call_is_told_as_soon_as_the_one_before_it_is_whole() -> None:
    stream = MessagesEvents(asked={"model": "m"}, attempt_id="a-1")
    deltas = [begun(0, "a"), begun(1, "b", '{"}":'), piece(0, '{"x":"}'), piece(0, '"}')]
    found = [event for chunk in list(chunks(deltas))[:4] for event in stream.feed(chunk)]
    assert [event["delta"]["partial_json"] for event in found if "delta" in event] == [
        '{"x":"}',
        '"}',
        '{"}":',
    ]


def test_text_between_the_pieces_of_a_call_waits_for_its_end() -> None:
    deltas = [begun(0, "a"), {"content": "oh"}, piece(0, '{"x":1}'), {"content": "!"}]
    content = accumulated(events(deltas))["content"]
    assert [block.get("input") or block.get("text") for block in content] == [{"x": 1}, "oh!"]


def test_calls_without_numbers_are_told_apart_by_their_ids() -> None:
    deltas = [
        {"tool_calls": [call("a", '{"x":1}')]},
        {"tool_calls": [call("b", "{"), {"function": {"arguments": "}"}}]},
    ]
    content = accumulated(events(deltas, "tool_calls"))["content"]
    assert [(block["id"], block["input"]) for block in content] == [("a", {"x": 1}), ("b", {})]


def test_a_call_is_one_although_each_of_its_pieces_has_another_id() -> None:
    """As vLLM's older servers send them."""
    pieces = [begun(0, "c1"), piece(0, '{"a":', id="c2"), piece(0, "1}", id="c3"), piece(0, "", id="c4")]
    [block] = accumulated(events(pieces))["content"]
    assert (block["id"], block["input"]) == ("c1", {"a": 1})


def test_arguments_that_are_an_object_and_no_text_are_that_object() -> None:
    call = {"index": 0, "id": "c1", "function": {"name": "look", "arguments": {"a": 1}}}
    assert whole({"tool_calls": [call]})["content"][0]["input"] == {"a": 1}
    assert accumulated(events([{"tool_calls": [call]}]))["content"][0]["input"] == {"a": 1}


def test_a_call_whose_name_comes_late_begins_with_its_name() -> None:
    deltas = [piece(0, id="a"), piece(0, '{"x":'), piece(0, "1}", name="weather")]
    (block,) = accumulated(events(deltas))["content"]
    assert (block["name"], block["input"]) == ("weather", {"x": 1})


def test_a_call_without_an_id_gets_one_and_the_same_in_both_forms() -> None:
    nameless = {"function": {"name": "weather", "arguments": "{}"}}
    (block,) = whole({"tool_calls": [nameless]})["content"]
    assert block["id"] == "toolu_7_0"
    assert accumulated(events([{"tool_calls": [{"index": 0, **nameless}]}]))["content"] == [block]


def test_ids_get_the_letters_of_the_protocol_and_stay_different() -> None:
    ids = [block["id"] for block in whole({"tool_calls": [call("x:1", ""), call("x.1", "")]})["content"]]
    assert len(set(ids)) == 2
    assert all(id.replace("_", "").isalnum() for id in ids)


@pytest.mark.parametrize("arguments", ['{"city": "Os', "[1]", "null", "Oslo"])
def test_arguments_that_are_no_object_are_kept_as_text(arguments: str) -> None:
    (block,) = whole({"tool_calls": [call("a", arguments)]}, "length")["content"]
    assert block["input"] == {"INVALID_JSON": arguments}


def test_what_a_call_carries_stands_in_a_block_before_it() -> None:
    extra = {"google": {"thought_signature": "c2ln"}, "made_by": "gemini"}
    message = {"content": "look", "tool_calls": [call("a", "{}", extra_content=extra), call("b", "{}")]}
    found = whole(message, "tool_calls")
    assert [block["type"] for block in found["content"]] == [
        "text",
        "redacted_thinking",
        "tool_use",
        "tool_use",
    ]
    assert carried_in(found["content"][1]) == ("a", extra)
    deltas = [{"content": "look"}, begun(0, "a", "{}", extra_content=extra), begun(1, "b", "{}")]
    assert accumulated(events(deltas, "tool_calls")) == read(found)


def test_what_a_call_carries_is_told_after_it_where_it_comes_late() -> None:
    found = accumulated(events([begun(0, "a", "{"), piece(0, "}", extra_content={"google": {}})]))
    assert [block["type"] for block in found["content"]] == ["tool_use", "redacted_thinking"]


@pytest.mark.parametrize(
    ("finish", "reason"),
    [
        ("stop", "end_turn"),
        ("length", "max_tokens"),
        ("tool_calls", "tool_use"),
        ("content_filter", "refusal"),
        ("a_new_reason", "end_turn"),
    ],
)
def test_why_it_ended(finish: str, reason: str) -> None:
    assert whole({"content": "x"}, finish)["stop_reason"] == reason
    assert accumulated(events([{"content": "x"}], finish))["stop_reason"] == reason


def test_an_answer_with_calls_wants_their_results_whatever_the_vendor_calls_its_end() -> None:
    assert whole({"tool_calls": [call("a", "{}")]}, "stop")["stop_reason"] == "tool_use"


def test_a_sequence_that_the_vendor_names_is_told() -> None:
    answer = completion({"content": "x"}, "stop", stop_reason="END")
    found = whole_of(answer, asked={"stop_sequences": ["END"]}, usage=USAGE)
    assert (found["stop_reason"], found["stop_sequence"]) == ("stop_sequence", "END")


def test_the_words_of_a_refusal_are_text_and_details() -> None:
    found = whole({"content": None, "refusal": "I will not."}, "content_filter")
    assert found["content"] == [{"type": "text", "text": "I will not."}]
    assert found["stop_reason"] == "refusal"
    assert found["stop_details"]["explanation"] == "I will not."
    assert accumulated(events([{"refusal": "I will"}, {"refusal": " not."}], "content_filter")) == read(found)


def test_what_was_cached_stands_beside_the_input() -> None:
    usage = Usage(
        input_tokens=100,
        output_tokens=9,
        cached_input_tokens=60,
        cache_write_tokens=30,
        cache_write_1h_tokens=10,
        reasoning_tokens=4,
    )
    assert whole({"content": "x"}, usage=usage)["usage"] == {
        "input_tokens": 10,
        "cache_read_input_tokens": 60,
        "cache_creation_input_tokens": 30,
        "cache_creation": {"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 10},
        "output_tokens": 9,
        "output_tokens_details": {"thinking_tokens": 4},
        "service_tier": "standard",
    }


def test_figures_that_nobody_knows_are_nothing() -> None:
    usage = whole({"content": "x"}, usage=Usage(input_tokens=None, output_tokens=None))["usage"]
    assert (usage["input_tokens"], usage["output_tokens"]) == (0, 0)


@pytest.mark.parametrize("answer", [{}, {"choices": []}, {"choices": [None]}, {"choices": [{"message": 7}]}])
def test_an_answer_that_says_nothing_has_no_blocks(answer: dict[str, Any]) -> None:
    found = whole_of(answer, asked={"model": "m"}, usage=USAGE)
    assert (found["content"], found["model"]) == ([], "m")
    assert found["id"].startswith("msg_")


def test_a_stream_that_says_nothing_is_a_message_all_the_same() -> None:
    stream = MessagesEvents(asked={"model": "m"}, attempt_id="a-1")
    found = accumulated(stream.end(USAGE))
    assert (found["id"], found["model"], found["content"]) == ("msg_a-1", "m", [])


def test_other_choices_are_not_told() -> None:
    stream = MessagesEvents(asked={"model": "m"}, attempt_id="a-1")
    list(stream.feed({"choices": [{"index": 1, "delta": {"content": "no"}}]}))
    assert not [event for event in stream.end(USAGE) if event["type"] == "content_block_start"]


def test_events_are_json() -> None:
    assert json.dumps(events([{"content": "x"}, begun(0, "a", "{}")]))
