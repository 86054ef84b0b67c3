"""Anthropic's answers in the other form than they came in."""

from typing import Any

import pytest

from providers.messages.reshaped import WholeMessage, events_of
from tests.unit.providers.messages.accumulating import accumulated, read
from tests.vendors.wire_app import case, cases


@pytest.mark.parametrize("name", cases("anthropic"))
def test_the_events_of_a_recorded_answer_come_to_it(name: str) -> None:
    answer = case("anthropic", name)["answer"]
    assert accumulated(list(events_of(answer))) == read(answer)


@pytest.mark.parametrize("name", cases("anthropic"))
def test_a_recorded_stream_is_the_recorded_answer(name: str) -> None:
    given = case("anthropic", name)
    whole = WholeMessage()
    for event in given["events"]:
        whole.add(event)
    theirs: dict[str, Any] = given["answer"]
    ours = whole.message()
    assert {**ours, "usage": None} == {**theirs, "usage": None}
    assert ours["usage"]["output_tokens"] == theirs["usage"]["output_tokens"]


def test_arguments_that_break_off_are_kept_as_text() -> None:
    whole = WholeMessage()
    block = {"type": "tool_use", "id": "a", "name": "x", "input": {}}
    whole.add({"type": "content_block_start", "index": 0, "content_block": block})
    delta = {"type": "input_json_delta", "partial_json": '{"a'}
    whole.add({"type": "content_block_delta", "index": 0, "delta": delta})
    assert whole.message()["content"][0]["input"] == {"INVALID_JSON": '{"a'}


@pytest.mark.parametrize(
    "event", [{}, {"type": "message_start"}, {"type": "content_block_delta", "index": 9}]
)
def test_an_event_that_says_nothing_changes_nothing(event: dict[str, Any]) -> None:
    whole = WholeMessage()
    whole.add(event)
    assert whole.message() == {"type": "message", "role": "assistant", "content": []}
