"""Chat requests as Anthropic's Messages API takes them, and the refusal of what it has no word for."""

import json
from typing import Any

import pytest

from providers.anthropic.place import takes_place
from providers.anthropic.request import request_of
from providers.port import Failure, ProviderError
from tests.unit.providers.translating import a_call
from tests.vendors.anthropic_app import problem_of

NEW, OLD = "claude-sonnet-5", "claude-sonnet-4-5"
PNG = "data:image/png;base64,AAAA"
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


def sent(model: str = NEW, *, streamed: bool = False, **fields: Any) -> dict[str, Any]:
    """The request that goes out, which the vendor's documented rules accept."""
    body: dict[str, Any] = json.loads(request_of(a_call(model, **fields), streamed=streamed))
    assert problem_of(body) is None
    return body


def said(*messages: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return sent(messages=list(messages), **fields)


def objection(model: str = NEW, **fields: Any) -> str | None:
    """The field that is refused."""
    with pytest.raises(ProviderError) as caught:
        request_of(a_call(model, **fields), streamed=False)
    error = caught.value
    assert (error.failure, error.status, error.retryable) == (Failure.UNREACHABLE, 400, False)
    assert error.param
    assert error.param in error.message
    return error.param


def user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def called(*names: str, content: str | None = None, **extra: Any) -> dict[str, Any]:
    calls = [
        {
            "id": f"call_{name}",
            "type": "function",
            "function": {"name": name, "arguments": '{"a": 1}'},
            **extra,
        }
        for name in names
    ]
    return {"role": "assistant", "content": content, "tool_calls": calls}


def result(name: str, content: Any) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": f"call_{name}", "content": content}


def test_a_plain_request_has_what_the_vendor_requires_and_the_plain_tier() -> None:
    assert sent(max_tokens=7) == {
        "model": NEW,
        "max_tokens": 7,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hello"}]}],
        "service_tier": "standard_only",
    }


def test_a_model_that_knows_places_is_told_that_it_may_be_run_anywhere() -> None:
    assert json.loads(request_of(a_call(NEW), streamed=False, anywhere=True))["inference_geo"] == "global"


@pytest.mark.parametrize(
    ("model", "takes"),
    [
        *[("claude-opus-4-6", True), ("claude-sonnet-5", True), ("anthropic/claude-fable-5-2", True)],
        *[("claude-opus-4-5-20251101", False), ("claude-sonnet-4-20250514", False)],
        *[("claude-haiku-4-5", False), ("claude-3-5-haiku-20241022", False), ("claude-2.1", False)],
        *[("deepseek-chat", False), ("", False)],
    ],
)
def test_claude_knows_places_from_4_6_on(model: str, takes: bool) -> None:
    assert takes_place(model) is takes


@pytest.mark.parametrize("field", ["reasoning", "reasoning_details", "thinking_blocks", "reasoning_content"])
def test_what_another_vendors_model_thought_is_no_reason_to_refuse(field: str) -> None:
    said = {"role": "assistant", "content": "x", field: "hm"}
    turns = sent(messages=[{"role": "user", "content": "go"}, said, {"role": "user", "content": "on"}])
    assert turns["messages"][1]["content"] == [{"type": "text", "text": "x"}]


def test_a_stream_is_asked_for_as_such() -> None:
    assert sent(streamed=True, stream=True, stream_options={"include_usage": True})["stream"] is True


def test_all_system_prompts_go_to_the_beginning_in_their_order() -> None:
    parts = [
        {"type": "text", "text": "two"},
        {"type": "text", "text": "three", "cache_control": {"type": "ephemeral"}},
    ]
    body = said(
        {"role": "system", "content": "one"},
        {"role": "developer", "content": parts},
        user("hello"),
        {"role": "system", "content": "four"},
    )
    assert [block["text"] for block in body["system"]] == ["one", "two", "three", "four"]
    assert body["system"][2]["cache_control"] == {"type": "ephemeral"}
    assert [turn["role"] for turn in body["messages"]] == ["user"]


def test_turns_of_one_role_become_one() -> None:
    body = said(user("a"), user("b"), {"role": "assistant", "content": "c"}, user("d"))
    assert [(turn["role"], len(turn["content"])) for turn in body["messages"]] == [
        ("user", 2),
        ("assistant", 1),
        ("user", 1),
    ]


def test_results_of_parallel_calls_are_one_turn_before_what_the_user_says() -> None:
    picture = [{"type": "image_url", "image_url": {"url": PNG}}]
    body = said(
        user("go"),
        called("x", "y", content="let me"),
        result("y", "done"),
        result("x", picture),
        user("and now?"),
        tools=[WEATHER],
    )
    assert body["messages"][1]["content"] == [
        {"type": "text", "text": "let me"},
        {"type": "tool_use", "id": "call_x", "name": "x", "input": {"a": 1}},
        {"type": "tool_use", "id": "call_y", "name": "y", "input": {"a": 1}},
    ]
    results = body["messages"][2]["content"]
    assert [block["type"] for block in results] == ["tool_result", "tool_result", "text"]
    assert results[0] == {"type": "tool_result", "tool_use_id": "call_y", "content": "done"}
    assert results[1]["content"][0]["source"] == {"type": "base64", "media_type": "image/png", "data": "AAAA"}


def test_ids_of_other_vendors_calls_get_the_letters_that_are_allowed_and_stay_different() -> None:
    odd = [
        {"id": each, "type": "function", "function": {"name": "x", "arguments": ""}}
        for each in ("a:1", "a.1")
    ]
    body = said(
        user("go"),
        {"role": "assistant", "content": None, "tool_calls": odd},
        {"role": "tool", "tool_call_id": "a:1", "content": "one"},
        {"role": "tool", "tool_call_id": "a.1", "content": "two"},
    )
    ids = [block["id"] for block in body["messages"][1]["content"]]
    assert len(set(ids)) == 2
    assert [block["tool_use_id"] for block in body["messages"][2]["content"]] == ids


@pytest.mark.parametrize(
    ("url", "source"),
    [
        (PNG, {"type": "base64", "media_type": "image/png", "data": "AAAA"}),
        ("https://example.com/a.png", {"type": "url", "url": "https://example.com/a.png"}),
    ],
)
def test_pictures_inside_the_request_and_elsewhere(url: str, source: dict[str, str]) -> None:
    body = said(user([{"type": "image_url", "image_url": {"url": url, "detail": "high"}}]))
    assert body["messages"][0]["content"] == [{"type": "image", "source": source}]


def test_a_pdf_is_a_document() -> None:
    file = {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"}}
    (block,) = said(user([file]))["messages"][0]["content"]
    assert (block["type"], block["source"]["media_type"]) == ("document", "application/pdf")


def test_a_callers_cache_marks_stand_where_they_stood() -> None:
    mark = {"type": "ephemeral", "ttl": "1h"}
    body = said(
        {**user([{"type": "text", "text": "a", "cache_control": mark}, {"type": "text", "text": "b"}])},
        {"role": "assistant", "content": "c", "cache_control": mark},
        user("d"),
        tools=[{**WEATHER, "cache_control": mark}],
        cache_control={"type": "ephemeral"},
    )
    marked = [["cache_control" in block for block in turn["content"]] for turn in body["messages"]]
    assert marked == [[True, False], [True], [False]]
    assert (body["tools"][0]["cache_control"], body["cache_control"]) == (mark, {"type": "ephemeral"})


def test_tools_and_their_schemas() -> None:
    strict = {"type": "function", "function": {"name": "clock", "strict": True}}
    assert sent(tools=[WEATHER, strict])["tools"] == [
        {
            "name": "weather",
            "description": "The weather.",
            "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}},
        },
        {"name": "clock", "input_schema": {"type": "object", "properties": {}}, "strict": True},
    ]


@pytest.mark.parametrize(
    ("fields", "choice"),
    [
        ({}, None),
        ({"tool_choice": "auto"}, {"type": "auto"}),
        ({"tool_choice": "required"}, {"type": "any"}),
        ({"tool_choice": "none"}, {"type": "none"}),
        (
            {"tool_choice": {"type": "function", "function": {"name": "weather"}}},
            {"type": "tool", "name": "weather"},
        ),
        ({"parallel_tool_calls": True}, None),
        ({"parallel_tool_calls": False}, {"type": "auto", "disable_parallel_tool_use": True}),
        (
            {"parallel_tool_calls": False, "tool_choice": "required"},
            {"type": "any", "disable_parallel_tool_use": True},
        ),
        ({"parallel_tool_calls": False, "tool_choice": "none"}, {"type": "none"}),
    ],
)
def test_the_choice_of_tools(fields: dict[str, Any], choice: dict[str, Any] | None) -> None:
    assert sent(tools=[WEATHER], **fields).get("tool_choice") == choice


@pytest.mark.parametrize(
    ("model", "fields", "expected"),
    [
        (NEW, {"reasoning_effort": "none"}, {"thinking": {"type": "disabled"}}),
        (
            NEW,
            {"reasoning_effort": "minimal"},
            {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}},
        ),
        (
            NEW,
            {"reasoning_effort": "xhigh"},
            {"thinking": {"type": "adaptive"}, "output_config": {"effort": "xhigh"}},
        ),
        (OLD, {"reasoning_effort": "low"}, {"thinking": {"type": "enabled", "budget_tokens": 2_048}}),
        (
            OLD,
            {"reasoning_effort": "high", "max_tokens": 10_000},
            {"thinking": {"type": "enabled", "budget_tokens": 8_000}},
        ),
        (
            OLD,
            {"reasoning_effort": "high", "max_tokens": 1_025},
            {"thinking": {"type": "enabled", "budget_tokens": 1_024}},
        ),
        (
            OLD,
            {"thinking": {"type": "enabled", "budget_tokens": 2_000}},
            {"thinking": {"type": "enabled", "budget_tokens": 2_000}},
        ),
    ],
)
def test_how_hard_it_is_to_think(model: str, fields: dict[str, Any], expected: dict[str, Any]) -> None:
    body = sent(model, **fields)
    assert {name: body[name] for name in ("thinking", "output_config") if name in body} == expected


def test_a_schema_for_the_answer_stands_beside_the_effort() -> None:
    form = {"type": "json_schema", "json_schema": {"name": "p", "strict": True, "schema": {"type": "object"}}}
    assert sent(response_format=form, reasoning_effort="low")["output_config"] == {
        "effort": "low",
        "format": {"type": "json_schema", "schema": {"type": "object"}},
    }


def test_sampling_stops_and_users() -> None:
    body = sent(temperature=0, top_p=0.5, top_k=7, stop="END", user="u-1", max_completion_tokens=3)
    assert (body["temperature"], body["top_p"], body["top_k"]) == (0, 0.5, 7)
    assert (body["stop_sequences"], body["metadata"], body["max_tokens"]) == (["END"], {"user_id": "u-1"}, 3)


NEUTRAL = {
    "n": 1,
    "logprobs": False,
    "store": False,
    "presence_penalty": 0,
    "frequency_penalty": 0.0,
    "logit_bias": {},
    "modalities": ["text"],
    "verbosity": "medium",
    "seed": None,
    "response_format": {"type": "text"},
    "service_tier": "auto",
    "prompt_cache_key": "k",
    "functions": [],
}


@pytest.mark.parametrize("field", NEUTRAL)
def test_a_field_that_asks_for_what_is_done_anyway_is_no_reason_to_refuse(field: str) -> None:
    assert sent(**{field: NEUTRAL[field]}) == sent()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"n": 2}, "n"),
        ({"seed": 7}, "seed"),
        ({"logprobs": True}, "logprobs"),
        ({"presence_penalty": 0.5}, "presence_penalty"),
        ({"logit_bias": {"1": 5}}, "logit_bias"),
        ({"temperature": 1.5}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"top_p": -1}, "top_p"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
        ({"service_tier": "priority"}, "service_tier"),
        ({"reasoning_effort": "extreme"}, "reasoning_effort"),
        ({"reasoning_effort": "low", "thinking": {"type": "disabled"}}, "reasoning_effort"),
        ({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "tools[0].type"),
        ({"tools": [{"type": "custom", "custom": {"name": "x"}}]}, "tools[0].type"),
        ({"tools": [WEATHER], "tool_choice": {"type": "allowed_tools"}}, "tool_choice"),
        ({"functions": [{"name": "x"}]}, "functions"),
        ({"speed": "fast"}, "speed"),
        ({"stop": [""]}, "stop"),
        ({"modalities": ["text", "audio"]}, "modalities"),
    ],
)
def test_what_has_no_counterpart_is_refused_by_its_name(fields: dict[str, Any], field: str) -> None:
    assert objection(**fields) == field


def test_a_limit_too_small_to_think_in_is_refused_for_models_with_a_budget() -> None:
    assert objection(OLD, reasoning_effort="low", max_tokens=1_024) == "reasoning_effort"


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (user(""), "messages[0].content"),
        (user([{"type": "input_audio", "input_audio": {}}]), "messages[0].content[0]"),
        (
            user([{"type": "image_url", "image_url": {"url": PNG, "detail": "low"}}]),
            "messages[0].content[0].image_url.detail",
        ),
        (
            user([{"type": "image_url", "image_url": {"url": "data:image/tiff;base64,AA"}}]),
            "messages[0].content[0].image_url.url",
        ),
        (
            user([{"type": "image_url", "image_url": {"url": "data:image/png,AA"}}]),
            "messages[0].content[0].image_url.url",
        ),
        (
            user([{"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}]),
            "messages[0].content[0].image_url.url",
        ),
        (user([{"type": "file", "file": {"file_id": "f-1"}}]), "messages[0].content[0].file.file_id"),
        ({**user("a"), "name": "Ada"}, "messages[0].name"),
        ({**user("a"), "mood": "good"}, "messages[0].mood"),
        ({"role": "function", "name": "x", "content": "y"}, "messages[0].role"),
        (
            {"role": "system", "content": [{"type": "image_url", "image_url": {"url": PNG}}]},
            "messages[0].content[0]",
        ),
        ({"role": "assistant", "content": None, "audio": {"id": "a"}}, "messages[0].audio"),
        ({"role": "tool", "content": "x"}, "messages[0].tool_call_id"),
    ],
)
def test_a_message_that_cannot_be_translated_is_refused_by_its_path(
    message: dict[str, Any], field: str
) -> None:
    assert objection(messages=[message]) == field


@pytest.mark.parametrize("arguments", ["{", "[1]", "null", '"x"', {"a": 1}])
def test_arguments_that_are_no_object_are_refused(arguments: Any) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "x", "arguments": arguments}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    assert objection(messages=[user("a"), message]) == "messages[1].tool_calls[0].function.arguments"


def test_fields_of_an_answer_that_clients_send_back_are_no_reason_to_refuse() -> None:
    echoed = {"refusal": None, "annotations": [], "audio": None, "function_call": None, "tool_calls": None}
    body = said(
        user("a"), {"role": "assistant", "content": "b", "reasoning_content": "hm", **echoed}, user("c")
    )
    assert body["messages"][1]["content"] == [{"type": "text", "text": "b"}]


def test_thoughts_of_other_vendors_stay_behind() -> None:
    extra = {"google": {"thought_signature": "c2ln"}, "made_by": "gemini-3-pro"}
    body = said(user("a"), called("x", extra_content=extra), result("x", "y"))
    assert [block["type"] for block in body["messages"][1]["content"]] == ["tool_use"]


def test_blocks_that_no_model_made_are_not_passed_off_as_thoughts() -> None:
    blocks = [
        {"type": "text", "text": "sneaky"},
        {"type": "thinking", "thinking": "x", "signature": "s", "more": 1},
    ]
    extra = {"anthropic": {"thinking_blocks": blocks}, "made_by": NEW}
    body = said(user("a"), called("x", extra_content=extra), result("x", "y"))
    assert [block["type"] for block in body["messages"][1]["content"]] == ["tool_use"]
