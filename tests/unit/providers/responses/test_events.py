"""Chat chunks as the events of a Responses stream."""

from typing import Any

import pytest

from providers.port import ProviderError
from providers.responses.events import ResponsesEvents
from providers.responses.marks import opened
from providers.responses.tools import arguments_of
from tests.unit.providers.responses.chat import ASKED, HEAD, chunk, piece, streamed, types
from tests.unit.providers.responses.sdk import check_order, check_types

BEGIN = ["created", "in_progress"]
FIRST = piece(0, id="c1", name="look")
SECOND = piece(1, id="c2", name="leap")
EXTRA = {"google": {"thought_signature": "s"}}


def checked(*deltas: dict[str, Any], finish: str = "stop", **asked: Any) -> list[dict[str, Any]]:
    """The events of a stream with these deltas."""
    events = streamed([*map(chunk, deltas), chunk({}, finish=finish)], **asked)
    check_types(events)
    check_order(events)
    return events


def output_of(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = events[-1]["response"]["output"]
    return items


def test_a_text_in_its_documented_order() -> None:
    events = checked({"role": "assistant", "content": ""}, {"content": "Hel"}, {"content": "lo"})
    assert types(events) == [
        *BEGIN,
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]


def test_thoughts_in_their_documented_order() -> None:
    events = checked({"reasoning_content": "Hm"}, {"reasoning_content": "."}, {"content": "a"})
    assert types(events)[2:9] == [
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
    ]


def test_a_call_in_its_documented_order() -> None:
    events = checked(FIRST, piece(0, '{"a"'), piece(0, ":1}"), finish="tool_calls")
    assert types(events)[2:-1] == [
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
    ]
    assert events[2]["item"]["arguments"] == ""


def test_a_refusal_in_its_documented_order() -> None:
    events = checked({"content": "a"}, {"refusal": "No"}, {"refusal": "."})
    assert types(events)[3:-2] == [
        *("content_part.added", "output_text.delta", "output_text.done", "content_part.done"),
        *("content_part.added", "refusal.delta", "refusal.delta", "refusal.done", "content_part.done"),
    ]
    assert [event.get("content_index") for event in events[3:-2]] == [0] * 4 + [1] * 5


def test_the_text_of_a_custom_call_comes_in_one_piece() -> None:
    tools = [{"type": "custom", "name": "look"}]
    arguments = arguments_of("*** Patch")
    events = checked(FIRST, piece(0, arguments[:7]), piece(0, arguments[7:]), tools=tools)
    assert types(events)[2:-1] == [
        "output_item.added",
        "custom_tool_call_input.delta",
        "custom_tool_call_input.done",
        "output_item.done",
    ]
    assert output_of(events)[0]["input"] == "*** Patch"


def test_the_first_two_events_have_a_response_that_has_only_begun() -> None:
    for event in checked({"content": "a"})[:2]:
        assert event["response"]["status"] == "in_progress"
        assert event["response"]["output"] == []
        assert event["response"]["usage"] is None


def test_the_usage_is_in_the_last_event() -> None:
    assert checked({"content": "a"})[-1]["response"]["usage"]["total_tokens"] == 19


def test_a_stream_that_was_ended_is_incomplete() -> None:
    events = checked({"content": "a"}, finish="length")
    assert events[-1]["type"] == "response.incomplete"
    assert events[-2]["item"]["status"] == "incomplete"


def test_a_stream_without_a_word_is_an_empty_message() -> None:
    assert output_of(checked({}))[0]["content"][0]["text"] == ""


def test_a_second_call_ends_the_first_one_that_is_whole() -> None:
    events = checked(FIRST, piece(0, "{}"), SECOND, piece(1, "{}"))
    assert types(events).index("output_item.done") < len(events) - 5
    assert [item["call_id"] for item in output_of(events)] == ["c1", "c2"]


def test_calls_whose_pieces_are_mixed_are_put_in_order() -> None:
    events = checked(FIRST, SECOND, piece(1, '{"b"'), piece(0, '{"a"'), piece(1, ":2}"), piece(0, ":1}"))
    assert [item["arguments"] for item in output_of(events)] == ['{"a":1}', '{"b":2}']


def test_a_text_amid_a_call_comes_after_it() -> None:
    events = checked(FIRST, piece(0, '{"a"'), {"content": "a"}, piece(0, ":1}"))
    assert [item["type"] for item in output_of(events)] == ["function_call", "message"]


def test_calls_that_are_never_whole_are_all_there() -> None:
    events = checked(FIRST, piece(0, '{"a'), SECOND, piece(1, '{"b'), finish="length")
    assert [item["arguments"] for item in output_of(events)] == ['{"a', '{"b']


def test_calls_without_numbers_are_told_apart_by_their_ids() -> None:
    calls = [
        {"tool_calls": [{"id": id, "function": {"name": name, "arguments": "{}"}}]}
        for id, name in (("c1", "look"), ("c2", "leap"))
    ]
    assert [item["name"] for item in output_of(checked(*calls))] == ["look", "leap"]


@pytest.mark.parametrize("ids", [("c1", "c2"), ("", "")])
def test_calls_that_all_have_the_same_number_are_told_apart(ids: tuple[str, str]) -> None:
    first, second = ids
    calls = [
        piece(0, '{"a":', id=first, name="look"),
        piece(0, "1}"),
        piece(0, '{"b":', id=second, name="leap"),
        piece(0, "2}"),
    ]
    items = output_of(checked(*calls))
    assert [(item["name"], item["arguments"]) for item in items] == [("look", '{"a":1}'), ("leap", '{"b":2}')]


def test_a_call_is_one_although_each_of_its_pieces_has_another_id() -> None:
    events = checked(FIRST, piece(0, '{"a":', id="c2"), piece(0, "1}", id="c3"), piece(0, "", id="c4"))
    assert [(item["call_id"], item["arguments"]) for item in output_of(events)] == [("c1", '{"a":1}')]


def test_pieces_without_numbers_that_are_mixed_belong_to_the_calls_of_their_ids() -> None:
    pieces = [("c1", "look", '{"a":'), ("c2", "leap", '{"b":'), ("c1", "", "1}"), ("c2", "", "2}")]
    deltas = [
        {"tool_calls": [{"id": id, "function": {"name": name, "arguments": arguments}}]}
        for id, name, arguments in pieces
    ]
    assert [item["arguments"] for item in output_of(checked(*deltas))] == ['{"a":1}', '{"b":2}']


@pytest.mark.parametrize("arguments", ["", " "])
def test_a_call_without_arguments_is_told_with_an_empty_object(arguments: str) -> None:
    begun = piece(0, arguments, id="c1", name="look")
    assert output_of(checked(begun))[0]["arguments"].strip() == "{}"
    assert output_of(checked(begun, finish="length"))[0]["arguments"] == arguments


def test_pieces_without_a_number_belong_to_the_call_before_them() -> None:
    rest = {"tool_calls": [{"function": {"arguments": "{}"}}]}
    assert [item["arguments"] for item in output_of(checked(FIRST, rest))] == ["{}"]


def test_a_call_waits_for_its_name() -> None:
    events = checked(piece(0, "{", id="c1"), piece(0, "", name="look"), piece(0, "}"))
    assert output_of(events)[0] | {"id": ""} == {
        "id": "",
        "type": "function_call",
        "status": "completed",
        "arguments": "{}",
        "call_id": "c1",
        "name": "look",
    }


def test_a_call_whose_name_never_comes_is_there_all_the_same() -> None:
    assert output_of(checked(piece(0, "{}", id="c1")))[0]["name"] == ""


def test_what_a_call_wants_back_comes_before_it() -> None:
    begun = piece(0, "{}", id="c1", name="look", extra_content=EXTRA)
    items = output_of(checked({"content": "a"}, begun))
    assert [item["type"] for item in items] == ["message", "reasoning", "function_call"]
    assert opened(items[1]["encrypted_content"]) == {"c1": EXTRA}


def test_what_a_call_wants_back_may_come_late() -> None:
    items = output_of(checked(FIRST, piece(0, "{}"), piece(0, extra_content=EXTRA)))
    assert [item["type"] for item in items] == ["function_call", "reasoning"]
    assert opened(items[1]["encrypted_content"]) == {"c1": EXTRA}


def test_a_call_that_goes_on_after_its_end_is_an_error() -> None:
    with pytest.raises(ProviderError, match="went on with a tool call"):
        checked(FIRST, piece(0, "{}"), {"content": "a"}, piece(0, '{"a":1}'))


def test_more_calls_than_anybody_makes_are_an_error() -> None:
    with pytest.raises(ProviderError, match="more than 1,000 tool calls"):
        checked(piece(1_000, "{}", id="c1", name="look"))


def test_logprobs_come_with_each_piece() -> None:
    logprob = {"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": []}
    chunks = [chunk({"content": "a"}, logprobs={"content": [logprob]}), chunk({}, finish="stop")]
    events = streamed(chunks)
    check_types(events)
    assert events[4]["logprobs"] == [{"token": "a", "logprob": -0.5, "top_logprobs": []}]
    assert output_of(events)[0]["content"][0]["logprobs"] == [logprob]


def test_only_the_first_choice_is_read() -> None:
    other = {**HEAD, "choices": [{"index": 1, "delta": {"content": "b"}, "finish_reason": None}]}
    events = streamed([chunk({"content": "a"}), other, chunk({}, finish="stop")])
    assert output_of(events)[0]["content"][0]["text"] == "a"


def test_a_stream_without_a_chunk_still_begins_and_ends() -> None:
    events = streamed([])
    check_types(events)
    check_order(events)
    assert events[-1]["response"]["id"] == "resp_gw_a-1"


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"choices": None},
        {"choices": {}},
        {"choices": [None, 7, []]},
        {"choices": [{"index": 0}]},
        {"choices": [{"index": 0, "delta": [], "finish_reason": 7}]},
        {"choices": [{"index": 0, "delta": {"content": 7, "tool_calls": "x", "reasoning_content": []}}]},
        {"choices": [{"index": 0, "delta": {"tool_calls": [None, {}, {"index": -1, "function": 7}]}}]},
        {"choices": [{"index": 0, "delta": {"content": "\ud800"}, "logprobs": {"content": [{}]}}]},
        {"id": 7, "model": [], "created": "x", "service_tier": 7},
    ],
)
def test_an_odd_chunk_does_no_harm(odd: dict[str, Any]) -> None:
    events = ResponsesEvents(asked=ASKED, attempt_id="a-1")
    for each in (odd, chunk({"content": "a"})):
        for _ in events.feed(each):
            pass
