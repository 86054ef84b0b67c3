from typing import Any

import pytest

from adapters.chat.adapter import ChatAdapter
from metering.errors import InvalidRequest
from metering.ports import TaskRequest
from metering.types import Task

HELLO = [{"role": "user", "content": "hello"}]


def opening(**body: Any) -> dict[str, Any]:
    return ChatAdapter().opening(TaskRequest(task=Task.CHAT, input=body, limits={}))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"max_tokens": 1, "n": 2, "stream": True, "temperature": 0.1, "unknown": {"x": 1}},
        {"tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": "auto"},
        {"stream_options": {"include_usage": True, "other": 1}},
        {"messages": [{"role": "assistant", "content": None, "tool_calls": []}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "x"}], "name": "n"}]},
        {"max_tokens": None, "n": None, "stream": None, "tools": None},
    ],
)
def test_a_request_passes_untouched(fields: dict[str, Any]) -> None:
    body = {"messages": HELLO, **fields}
    assert opening(**body) == body


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"messages": None}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": "hello"}, "messages"),
        ({"messages": ["hello"]}, "messages[0]"),
        ({"messages": [{"content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": 5, "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": -5}, "max_tokens"),
        ({"max_tokens": "many"}, "max_tokens"),
        ({"max_tokens": 10**30}, "max_tokens"),
        ({"max_completion_tokens": 1.5}, "max_completion_tokens"),
        ({"n": 0}, "n"),
        ({"n": 1_000}, "n"),
        ({"stream": "yes"}, "stream"),
        ({"tools": [5]}, "tools[0]"),
        ({"tools": {}}, "tools"),
    ],
)
def test_a_wrong_shape_names_the_field(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        opening(**{"messages": HELLO, **fields})
    assert caught.value.param == param
    assert caught.value.message.startswith(f"{param}: ")


def test_a_missing_field_is_named() -> None:
    with pytest.raises(InvalidRequest) as caught:
        opening(model="x")
    assert caught.value.param == "messages"
