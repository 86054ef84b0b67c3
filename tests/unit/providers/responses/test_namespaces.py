from typing import Any

import pytest

from providers.port import ProviderError, Usage
from providers.responses.answer import whole_of
from providers.responses.request import chat_request

SPAWN = {"type": "function", "name": "spawn", "parameters": {"type": "object"}}
SPACE = {"type": "namespace", "name": "agents", "description": "Agents.", "tools": [SPAWN]}
SEARCH = {"type": "web_search", "external_web_access": True}


def asked(**fields: Any) -> dict[str, Any]:
    return {"model": "m", "input": "go", "tools": [SPACE], **fields}


def test_a_tool_in_a_namespace_becomes_a_function_of_both_names() -> None:
    [tool] = chat_request(asked())["tools"]
    assert tool["function"] == {"name": "agents__spawn", "parameters": {"type": "object"}}


def test_its_call_names_the_namespace_again() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "agents__spawn", "arguments": "{}"}}
    answer = {
        "choices": [{"index": 0, "message": {"tool_calls": [call]}, "finish_reason": "tool_calls"}],
        "model": "m",
    }
    [item] = whole_of(answer, asked=asked(), usage=Usage(input_tokens=1, output_tokens=1))["output"]
    assert (item["name"], item["namespace"], item["call_id"]) == ("spawn", "agents", "c1")


def test_a_call_of_it_goes_back_under_both_names() -> None:
    call = {
        "type": "function_call",
        "call_id": "c1",
        "name": "spawn",
        "namespace": "agents",
        "arguments": "{}",
    }
    result = {"type": "function_call_output", "call_id": "c1", "output": "done"}
    said = chat_request(asked(input=[{"role": "user", "content": "go"}, call, result]))["messages"]
    assert said[1]["tool_calls"][0]["function"]["name"] == "agents__spawn"


def test_the_search_that_codex_always_offers_is_left_out_where_no_vendor_runs_it() -> None:
    assert len(chat_request(asked(tools=[SPAWN, SEARCH]))["tools"]) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [{"type": "web_search"}]},
        {"tools": [SPAWN, SEARCH], "tool_choice": "required"},
    ],
)
def test_a_search_that_is_wanted_is_refused_by_name(fields: dict[str, Any]) -> None:
    with pytest.raises(ProviderError) as caught:
        chat_request(asked(**fields))
    assert caught.value.param is not None
    assert caught.value.param.startswith("tools[")


def test_tools_that_an_item_of_the_input_adds_are_offered_too() -> None:
    added = {"type": "additional_tools", "id": "at_1", "role": "developer", "tools": [SPACE]}
    chat = chat_request({"model": "m", "input": [added, {"role": "user", "content": "go"}]})
    assert [tool["function"]["name"] for tool in chat["tools"]] == ["agents__spawn"]
    assert chat["messages"] == [{"role": "user", "content": "go"}]


def test_a_tool_that_a_vendor_runs_is_refused_there_too() -> None:
    added = {"type": "additional_tools", "role": "developer", "tools": [{"type": "file_search"}]}
    with pytest.raises(ProviderError) as caught:
        chat_request({"model": "m", "input": [added, {"role": "user", "content": "go"}]})
    assert caught.value.param == "input[0].tools[0].type"


def test_a_long_name_keeps_to_what_vendors_take() -> None:
    space = {**SPACE, "name": "a" * 60}
    [tool] = chat_request(asked(tools=[space]))["tools"]
    name = tool["function"]["name"]
    call = {"id": "c1", "type": "function", "function": {"name": name, "arguments": "{}"}}
    answer = {"choices": [{"index": 0, "message": {"tool_calls": [call]}, "finish_reason": "tool_calls"}]}
    [item] = whole_of(answer, asked=asked(tools=[space]), usage=Usage(input_tokens=1, output_tokens=1))[
        "output"
    ]
    assert len(name) == 64
    assert (item["name"], item["namespace"]) == ("spawn", "a" * 60)
