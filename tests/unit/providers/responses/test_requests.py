"""The fields of a Responses request as those of a chat completion; what has no counterpart is refused by name."""

from typing import Any

import pytest

from providers.port import ProviderError
from providers.responses.request import chat_request

BODY: dict[str, Any] = {"model": "m", "input": "hello"}
PLAIN = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}
LARK = {"type": "grammar", "syntax": "lark", "definition": 'start: "a"'}
FUNCTION = {"type": "function", "name": "look", "parameters": {"type": "object"}, "strict": False}
SENT_FUNCTION = {"name": "look", "parameters": {"type": "object"}, "strict": False}


def added(**fields: Any) -> dict[str, Any]:
    """What these fields add to the plainest request."""
    sent = chat_request({**BODY, **fields})
    return {name: value for name, value in sent.items() if PLAIN.get(name) != value}


def refused(**fields: Any) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        chat_request({**BODY, **fields})
    return caught.value


def test_the_plainest_request() -> None:
    assert chat_request(BODY) == PLAIN


@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        ({"stream": True}, {"stream": True, "stream_options": {"include_usage": True}}),
        ({"stream": False}, {}),
        ({"max_output_tokens": 9}, {"max_tokens": 9}),
        ({"temperature": 0, "top_p": 0.5}, {"temperature": 0, "top_p": 0.5}),
        ({"user": "u", "safety_identifier": "s"}, {"user": "u", "safety_identifier": "s"}),
        ({"service_tier": "flex"}, {"service_tier": "flex"}),
        ({"reasoning": {"effort": "low", "summary": "auto"}}, {"reasoning_effort": "low"}),
        ({"reasoning": {"effort": None}}, {}),
        ({"text": {"verbosity": "low"}}, {"verbosity": "low"}),
        ({"text": {"verbosity": "medium", "format": {"type": "text"}}}, {}),
        ({"text": {"format": {"type": "json_object"}}}, {"response_format": {"type": "json_object"}}),
        (
            {
                "text": {
                    "format": {
                        "type": "json_schema",
                        "name": "n",
                        "schema": {"type": "object"},
                        "strict": True,
                    }
                }
            },
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "n", "schema": {"type": "object"}, "strict": True},
                }
            },
        ),
        (
            {"include": ["message.output_text.logprobs"], "top_logprobs": 2},
            {"logprobs": True, "top_logprobs": 2},
        ),
        ({"include": ["message.output_text.logprobs"]}, {"logprobs": True}),
        ({"include": ["reasoning.encrypted_content"]}, {}),
    ],
)
def test_a_field_and_its_counterpart(fields: dict[str, Any], sent: dict[str, Any]) -> None:
    assert added(**fields) == sent


@pytest.mark.parametrize(
    "fields",
    [
        {"store": True},
        {"store": False},
        {"metadata": {"a": "b"}},
        {"client_metadata": {"a": "b"}},
        {
            "prompt_cache_key": "k",
            "prompt_cache_retention": "24h",
            "prompt_cache_options": {"mode": "implicit"},
        },
        {"truncation": "auto"},
        {"truncation": "disabled"},
        {"background": False},
        {"max_tool_calls": 3},
        {"stream_options": {"include_obfuscation": False}},
        {"previous_response_id": None, "conversation": None, "prompt": None, "moderation": None},
        {"context_management": []},
        {"image": {"context_compression": "auto"}},
        {"tool_choice": "auto", "parallel_tool_calls": True, "tools": []},
    ],
)
def test_a_field_that_changes_nothing_is_accepted(fields: dict[str, Any]) -> None:
    assert added(**fields) == {}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"conversation": "conv_1"}, "conversation"),
        ({"conversation": {"id": "conv_1"}}, "conversation"),
        ({"background": True}, "background"),
        ({"background_options": {}}, "background_options"),
        ({"prompt": {"id": "pmpt_1"}}, "prompt"),
        ({"context_management": [{"type": "compaction"}]}, "context_management"),
        ({"moderation": {"model": "m"}}, "moderation"),
        ({"access_programs": {"cyber": "standard"}}, "access_programs"),
        ({"image": {"context_compression": "enabled"}}, "image"),
        ({"include": ["web_search_call.results"]}, "include[0]"),
        ({"include": "all"}, "include"),
        ({"truncation": "middle"}, "truncation"),
        ({"stream_options": {"include_usage": True}}, "stream_options.include_usage"),
        ({"prompt_cache_options": {"prewarm": True}}, "prompt_cache_options.prewarm"),
        ({"reasoning": {"mode": "pro"}}, "reasoning.mode"),
        ({"reasoning": {"depth": 2}}, "reasoning.depth"),
        ({"reasoning": "high"}, "reasoning"),
        ({"text": {"format": {"type": "xml"}}}, "text.format.type"),
        ({"text": {"format": {"type": "json_schema", "name": "n"}}}, "text.format.schema"),
        ({"text": {"colour": "red"}}, "text.colour"),
        ({"max_tokens": 5}, "max_tokens"),
        ({"n": 2}, "n"),
        ({"instructions": ["x"]}, "instructions"),
    ],
)
def test_a_field_without_counterpart_is_refused_by_name(fields: dict[str, Any], param: str) -> None:
    assert refused(**fields).param == param


@pytest.mark.parametrize("field", ["previous_response_id", "conversation"])
def test_whoever_refers_to_an_earlier_answer_is_told_to_send_it_all(field: str) -> None:
    assert "send the whole conversation in `input`" in refused(**{field: "x"}).message


def test_a_function_is_nested() -> None:
    assert added(tools=[FUNCTION]) == {"tools": [{"type": "function", "function": SENT_FUNCTION}]}


def test_a_custom_tool_is_a_function_with_one_text() -> None:
    (tool,) = added(tools=[{"type": "custom", "name": "patch", "description": "Patches."}])["tools"]
    assert tool["function"]["name"] == "patch"
    assert tool["function"]["description"] == "Patches."
    assert tool["function"]["parameters"]["required"] == ["input"]


def test_the_grammar_of_a_custom_tool_is_told_to_the_model() -> None:
    (tool,) = added(tools=[{"type": "custom", "name": "patch", "format": LARK}])["tools"]
    assert 'start: "a"' in tool["function"]["description"]


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ("auto", "auto"),
        ("required", "required"),
        ("none", "none"),
        ({"type": "function", "name": "look"}, {"type": "function", "function": {"name": "look"}}),
        ({"type": "custom", "name": "look"}, {"type": "function", "function": {"name": "look"}}),
    ],
)
def test_a_choice_of_tool(choice: Any, sent: Any) -> None:
    assert added(tools=[FUNCTION], tool_choice=choice)["tool_choice"] == sent


def test_only_the_tools_that_are_allowed_are_offered() -> None:
    choice = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "look"}]}
    sent = added(tools=[FUNCTION, {**FUNCTION, "name": "leap"}], tool_choice=choice)
    assert [tool["function"]["name"] for tool in sent["tools"]] == ["look"]
    assert sent["tool_choice"] == "required"


def test_one_call_at_a_time() -> None:
    assert added(tools=[FUNCTION], parallel_tool_calls=False)["parallel_tool_calls"] is False


@pytest.mark.parametrize(
    ("tool", "path"),
    [
        ({"type": "web_search"}, "tools[0].type"),
        ({"type": "file_search", "vector_store_ids": ["v"]}, "tools[0].type"),
        ({"type": "mcp", "server_label": "s"}, "tools[0].type"),
        ({"type": "local_shell"}, "tools[0].type"),
        ({"name": "look"}, "tools[0].type"),
        ({"type": "function"}, "tools[0].name"),
        ({**FUNCTION, "defer_loading": True}, "tools[0].defer_loading"),
        ({**FUNCTION, "allowed_callers": ["programmatic"]}, "tools[0].allowed_callers"),
        ({**FUNCTION, "colour": "red"}, "tools[0].colour"),
        ({"type": "custom", "name": "p", "format": {"type": "grammar"}}, "tools[0].format.syntax"),
    ],
)
def test_a_tool_without_counterpart_is_refused_by_its_path(tool: dict[str, Any], path: str) -> None:
    assert refused(tools=[tool]).param == path


def test_a_tool_that_its_vendor_runs_is_named_in_the_refusal() -> None:
    assert "`web_search`" in refused(tools=[{"type": "web_search"}]).message


def test_what_codex_sends_is_understood() -> None:
    sent = chat_request(
        {
            "model": "m",
            "instructions": "You are a coding agent.",
            "input": [
                {
                    "type": "message",
                    "role": "developer",
                    "content": [{"type": "input_text", "text": "Rules."}],
                },
                {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Fix it."}]},
                {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": None},
                {"type": "function_call", "call_id": "c", "name": "look", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "c", "output": "ok"},
            ],
            "tools": [
                FUNCTION,
                {"type": "custom", "name": "apply_patch", "description": "d", "format": LARK},
            ],
            "tool_choice": "auto",
            "parallel_tool_calls": True,
            "reasoning": {"effort": "high", "summary": "auto"},
            "store": False,
            "stream": True,
            "include": ["reasoning.encrypted_content"],
            "prompt_cache_key": "k",
            "text": {"verbosity": "medium"},
            "client_metadata": {"x": "y"},
        }
    )
    assert [message["role"] for message in sent["messages"]] == ["system", "user", "assistant", "tool"]
    assert [tool["function"]["name"] for tool in sent["tools"]] == ["look", "apply_patch"]
    assert sent["reasoning_effort"] == "high"
