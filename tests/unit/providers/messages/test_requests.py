"""Requests of the Messages protocol as chat completions, and the refusal of what chat has no word for."""

import json
from typing import Any

import pytest

from providers.messages.carried import carrying
from providers.messages.request import chat_request
from providers.port import Failure, ProviderError

PNG = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}
PNG_PART = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
WEATHER = {"name": "weather", "description": "The weather.", "input_schema": {"type": "object"}}
CACHED = {"type": "ephemeral", "ttl": "1h"}


def user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def assistant(content: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content}


def text(words: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": words, **more}


def use(id: str, **input: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": id, "name": "weather", "input": input}


def result(id: str, content: Any, **more: Any) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": id, "content": content, **more}


def asked(*messages: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "model": "m",
        "max_tokens": 9,
        "messages": list(messages) or [user("hello")],
        **fields,
    }


def chat(*messages: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return chat_request(asked(*messages, **fields))


def said(*messages: dict[str, Any], **fields: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = chat(*messages, **fields)["messages"]
    return found


def objection(*messages: dict[str, Any], **fields: Any) -> str | None:
    """The field that is refused."""
    with pytest.raises(ProviderError) as caught:
        chat(*messages, **fields)
    error = caught.value
    assert (error.failure, error.status, error.retryable) == (Failure.UNREACHABLE, 400, False)
    assert error.param
    assert error.param in error.message
    return error.param


def test_a_plain_request_gets_nothing_that_it_does_not_need() -> None:
    assert chat() == {"model": "m", "max_tokens": 9, "messages": [user("hello")]}


def test_a_stream_asks_for_its_usage() -> None:
    body = chat(stream=True)
    assert (body["stream"], body["stream_options"]) == (True, {"include_usage": True})


@pytest.mark.parametrize("system", ["be kind", [text("be kind")]])
def test_the_system_prompt_comes_first(system: Any) -> None:
    assert said(system=system)[0] == {"role": "system", "content": "be kind"}


def test_a_system_prompt_of_several_texts_stays_several() -> None:
    parts = [text("one"), text("two", cache_control=CACHED)]
    assert said(system=parts)[0]["content"] == parts


def test_a_system_prompt_between_the_turns_stays_where_it_stands() -> None:
    messages = said(user("a"), {"role": "system", "content": [text("now in French")]}, user("b"))
    assert [message["role"] for message in messages] == ["user", "system", "user"]
    assert messages[1]["content"] == "now in French"


def test_pictures_inside_the_request_and_elsewhere() -> None:
    there = {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}
    (message,) = said(user([PNG, there, text("what?")]))
    assert message["content"] == [
        PNG_PART,
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
        text("what?"),
    ]


def test_a_pdf_is_a_file_with_its_title_as_its_name() -> None:
    source = {"type": "base64", "media_type": "application/pdf", "data": "AAAA"}
    document = {"type": "document", "source": source, "title": "a.pdf"}
    (message,) = said(user([document]))
    file = {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"}
    assert message["content"] == [{"type": "file", "file": file}]


FOUND = {
    "type": "search_result",
    "title": "Pumps",
    "source": "https://a.example/pumps",
    "content": [{"type": "text", "text": "They pump."}],
}
FOUND_PARTS = [
    {"type": "text", "text": "Pumps\nhttps://a.example/pumps"},
    {"type": "text", "text": "They pump."},
]


def test_what_a_search_found_is_text_under_where_it_was_found() -> None:
    (message,) = said(user([{**FOUND, "citations": {"enabled": False}}]))
    assert message["content"] == FOUND_PARTS


def test_what_a_search_found_in_a_tools_result_is_the_tools_text() -> None:
    _, told = said(assistant([use("a")]), user([result("a", [FOUND])]))
    assert told["content"] == "Pumps\nhttps://a.example/pumps\nThey pump."


def test_the_mark_for_the_cache_of_what_a_search_found_is_behind_all_of_it() -> None:
    mark = {"type": "ephemeral"}
    (message,) = said(user([{**FOUND, "cache_control": mark}]))
    assert message["content"] == [FOUND_PARTS[0], {**FOUND_PARTS[1], "cache_control": mark}]


def test_a_document_of_text_is_text_under_its_title() -> None:
    source = {"type": "text", "media_type": "text/plain", "data": "the words"}
    (message,) = said(user([{"type": "document", "source": source, "title": "Notes"}]))
    assert message["content"] == [text("Notes"), text("the words")]


def test_a_document_of_blocks_is_its_blocks() -> None:
    source = {"type": "content", "content": [text("look"), PNG]}
    (message,) = said(user([{"type": "document", "source": source}]))
    assert message["content"] == [text("look"), PNG_PART]


def test_calls_and_their_results_keep_their_ids_and_their_order() -> None:
    messages = said(
        user("go"),
        assistant([text("let me "), text("look"), use("a", city="Oslo"), use("b")]),
        user([result("b", "rain"), result("a", [text("sun"), text("wind")]), text("and now?")]),
    )
    assert messages[1]["content"] == "let me look"
    calls = [(call["id"], call["function"]) for call in messages[1]["tool_calls"]]
    assert calls == [
        ("a", {"name": "weather", "arguments": '{"city":"Oslo"}'}),
        ("b", {"name": "weather", "arguments": "{}"}),
    ]
    assert messages[2:] == [
        {"role": "tool", "tool_call_id": "b", "content": "rain"},
        {"role": "tool", "tool_call_id": "a", "content": "sun\nwind"},
        user("and now?"),
    ]


def test_a_result_of_nothing_is_an_empty_text() -> None:
    (_, _, message) = said(
        user("go"), assistant([use("a")]), user([{"type": "tool_result", "tool_use_id": "a"}])
    )
    assert message == {"role": "tool", "tool_call_id": "a", "content": ""}


@pytest.mark.parametrize(
    ("words", "shown"), [("no such city", "Error: no such city"), ("Error: 7", "Error: 7")]
)
def test_a_failed_call_says_so(words: str, shown: str) -> None:
    messages = said(user("go"), assistant([use("a")]), user([result("a", words, is_error=True)]))
    assert messages[2]["content"] == shown


def test_pictures_of_a_result_go_to_the_user_after_all_results() -> None:
    messages = said(
        user("go"),
        assistant([use("a"), use("b")]),
        user([result("a", [PNG]), result("b", "rain"), text("well?")]),
    )
    assert [message["role"] for message in messages[2:]] == ["tool", "tool", "user"]
    assert messages[2]["content"]
    assert messages[4]["content"] == [text("The result of the tool call a:"), PNG_PART, text("well?")]


def test_results_in_turns_of_their_own_still_follow_their_calls() -> None:
    """Anthropic joins turns of one role; vendors of chat want all results before anything else."""
    messages = said(
        user("go"),
        assistant([use("a"), use("b")]),
        {"role": "system", "content": "careful"},
        user([result("a", [PNG])]),
        user([result("b", "rain"), text("well?")]),
    )
    assert [message["role"] for message in messages[1:]] == [
        *("assistant", "tool", "tool", "system"),
        *("user", "user"),
    ]
    assert [message["tool_call_id"] for message in messages[2:4]] == ["a", "b"]


def test_thoughts_of_earlier_answers_are_left_out() -> None:
    thoughts = [
        {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
        {"type": "redacted_thinking", "data": "secret"},
    ]
    messages = said(user("go"), assistant([*thoughts, text("so")]), user("on"), assistant(thoughts))
    assert messages[1:] == [assistant("so"), user("on")]


def test_what_a_call_carried_goes_back_onto_the_call() -> None:
    extra = {"google": {"thought_signature": "c2ln"}, "made_by": "gemini"}
    block = carrying("b", extra)
    assert block is not None
    messages = said(user("go"), assistant([block, use("a"), use("b")]))
    assert ["extra_content" in call for call in messages[1]["tool_calls"]] == [False, True]
    assert messages[1]["tool_calls"][1]["extra_content"] == extra


def test_tools_are_functions() -> None:
    tools = [
        {**WEATHER, "type": "custom", "strict": True, "cache_control": CACHED, "eager_input_streaming": True}
    ]
    (tool,) = chat(tools=tools)["tools"]
    assert tool == {
        "type": "function",
        "cache_control": CACHED,
        "function": {
            "name": "weather",
            "description": "The weather.",
            "parameters": {"type": "object", "properties": {}},
            "strict": True,
        },
    }


def test_the_schema_of_a_tool_passes_as_it_is() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "object"}}}
    assert chat(tools=[{**WEATHER, "input_schema": schema}])["tools"][0]["function"]["parameters"] == schema


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"type": "auto"}, "auto"),
        ({"type": "any"}, "required"),
        ({"type": "none"}, "none"),
        ({"type": "tool", "name": "weather"}, {"type": "function", "function": {"name": "weather"}}),
    ],
)
def test_choices_among_tools(choice: dict[str, str], expected: object) -> None:
    assert chat(tools=[WEATHER], tool_choice=choice)["tool_choice"] == expected


def test_one_call_at_a_time() -> None:
    choice = {"type": "auto", "disable_parallel_tool_use": True}
    assert chat(tools=[WEATHER], tool_choice=choice)["parallel_tool_calls"] is False


def test_sampling_and_stops_pass() -> None:
    body = chat(temperature=0.5, top_p=0.9, top_k=5, stop_sequences=["END"])
    assert (body["temperature"], body["top_p"], body["top_k"], body["stop"]) == (0.5, 0.9, 5, ["END"])


@pytest.mark.parametrize(
    ("fields", "effort"),
    [
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, "low"),
        ({"thinking": {"type": "enabled", "budget_tokens": 8192}}, "medium"),
        ({"thinking": {"type": "enabled", "budget_tokens": 31999}}, "high"),
        ({"thinking": {"type": "disabled"}}, "none"),
        ({"thinking": {"type": "adaptive"}}, None),
        ({"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}}, "max"),
        ({"output_config": {"effort": "low"}}, "low"),
        (
            {"thinking": {"type": "enabled", "budget_tokens": 1024}, "output_config": {"effort": "xhigh"}},
            "xhigh",
        ),
        ({"thinking": None}, None),
    ],
)
def test_how_hard_to_think(fields: dict[str, Any], effort: str | None) -> None:
    assert chat(**fields).get("reasoning_effort") == effort


@pytest.mark.parametrize("field", ["output_config", "output_format"])
def test_a_schema_of_the_answer(field: str) -> None:
    schema = {"type": "object", "additionalProperties": False}
    form = {"type": "json_schema", "schema": schema}
    body = chat(**{field: {"format": form} if field == "output_config" else form})
    assert body["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": schema, "strict": True},
    }


def test_a_schema_that_a_vendor_of_chat_could_not_enforce_is_not_strict() -> None:
    """As the SDK makes it of a model with a field that has a default."""
    schema = {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    form = chat(output_config={"format": {"type": "json_schema", "schema": schema}})["response_format"]
    assert form["json_schema"] == {"name": "answer", "schema": schema, "strict": False}


def test_a_users_name_passes_and_a_long_one_becomes_a_digest_that_tells_users_apart() -> None:
    def named(name: str) -> str:
        return str(chat(metadata={"user_id": name})["user"])

    assert named("u-1") == "u-1"
    assert len(named("u" * 65)) == 64
    assert named("u" * 65) != named("u" * 66)


def test_marks_for_the_cache_stand_where_they_stood() -> None:
    messages = said(
        user([text("a", cache_control=CACHED)]),
        assistant([text("b", cache_control=CACHED), use("x")]),
        user([result("x", "c", cache_control=CACHED)]),
        cache_control=CACHED,
    )
    assert messages[0]["content"] == [text("a", cache_control=CACHED)]
    assert messages[1]["content"] == [text("b", cache_control=CACHED)]
    assert messages[2]["cache_control"] == CACHED
    assert chat(cache_control=CACHED)["cache_control"] == CACHED


@pytest.mark.parametrize(
    "fields",
    [
        {"service_tier": "auto"},
        {"service_tier": "standard_only"},
        {"speed": "standard"},
        {"inference_geo": "global"},
        {"container": None, "mcp_servers": [], "fallbacks": []},
        {"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}},
        {"context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]}},
        {"diagnostics": {"previous_message_id": "msg_1"}},
        {"metadata": {}},
        {"tools": [], "tool_choice": {"type": "auto"}},
        {"stop_sequences": []},
    ],
)
def test_what_says_nothing_to_a_chat_vendor_is_left_out(fields: dict[str, Any]) -> None:
    assert chat(**fields) == chat()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"service_tier": "priority"}, "service_tier"),
        ({"speed": "fast"}, "speed"),
        ({"inference_geo": "us"}, "inference_geo"),
        ({"container": "c-1"}, "container"),
        ({"mcp_servers": [{"type": "url"}]}, "mcp_servers"),
        ({"fallbacks": [{"model": "m"}]}, "fallbacks"),
        ({"thread": {"id": "t"}}, "thread"),
        (
            {"context_management": {"edits": [{"type": "compact_20260112"}]}},
            "context_management.edits[0].type",
        ),
        ({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "tools[0].type"),
        ({"tools": [{"type": "bash_20250124", "name": "bash"}]}, "tools[0].type"),
        ({"tools": [{**WEATHER, "input_examples": [{}]}]}, "tools[0].input_examples"),
        ({"tools": [{"name": "x"}]}, "tools[0].input_schema"),
        ({"tool_choice": {"type": "any"}}, "tool_choice"),
        ({"tools": [WEATHER], "tool_choice": {"type": "some"}}, "tool_choice.type"),
        ({"thinking": {"type": "between_tools"}}, "thinking.type"),
        ({"thinking": {"type": "enabled"}}, "thinking.budget_tokens"),
        ({"output_config": {"effort": "huge"}}, "output_config.effort"),
        ({"output_config": {"format": {"type": "grammar"}}}, "output_config.format.type"),
        ({"stop_sequences": [7]}, "stop_sequences[0]"),
        ({"metadata": {"team": "a"}}, "metadata.team"),
        ({"system": [PNG]}, "system[0].type"),
        ({"messages": []}, "messages"),
        ({"messages": [assistant("")]}, "messages"),
        ({"messages": [{"role": "system", "content": "s"}]}, "messages"),
    ],
)
def test_what_has_no_counterpart_is_refused_by_name(fields: dict[str, Any], field: str) -> None:
    assert objection(**fields) == field


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (
            user([{"type": "image", "source": {"type": "file", "file_id": "f"}}]),
            "messages[0].content[0].source.type",
        ),
        (user([{"type": "document", "source": {"type": "url"}}]), "messages[0].content[0].source.type"),
        (
            user(
                [
                    {
                        "type": "document",
                        "source": {"type": "text", "data": "a"},
                        "citations": {"enabled": True},
                    }
                ]
            ),
            "messages[0].content[0].citations",
        ),
        (user([{"type": "search_result"}]), "messages[0].content[0].title"),
        (user([{**FOUND, "citations": {"enabled": True}}]), "messages[0].content[0].citations"),
        (user([{**FOUND, "content": [PNG]}]), "messages[0].content[0].content[0].type"),
        (user([{"type": "container_upload"}]), "messages[0].content[0].type"),
        (user([result("a", [{"type": "tool_reference"}])]), "messages[0].content[0].content[0].type"),
        (user([{"text": "a"}]), "messages[0].content[0].type"),
        (user(None), "messages[0].content"),
        (user(""), "messages[0].content"),
        (user([]), "messages[0].content"),
        (user([text("")]), "messages[0].content"),
        (assistant([{"type": "server_tool_use"}]), "messages[0].content[0].type"),
        (assistant([PNG]), "messages[0].content[0].type"),
        (assistant([{**use("a"), "input": "x"}]), "messages[0].content[0].input"),
        (assistant([{**use("a"), "caller": {"type": "code_execution"}}]), "messages[0].content[0].caller"),
        ({"role": "tool", "content": "a"}, "messages[0].role"),
        ({"role": "user", "content": "a", "name": "Ann"}, "messages[0].name"),
    ],
)
def test_a_block_that_has_no_counterpart_is_refused_by_its_place(message: dict[str, Any], field: str) -> None:
    assert objection(message) == field


def test_the_callers_body_stays_as_it_is() -> None:
    body = asked(user([text("a"), PNG]), assistant([use("x")]), user([result("x", [PNG])]), system="s")
    before = json.dumps(body)
    chat_request(body)
    assert json.dumps(body) == before
