"""Chat requests as the Gemini API takes them, and the refusal of what it has no word for."""

import json
from typing import Any

import pytest

from providers.gemini.request import request_of
from providers.port import Failure, ProviderError
from tests.unit.providers.translating import a_call
from tests.vendors.gemini_app import lacks_signature, problem_of

NEW, OLD = "gemini-3-pro-preview", "gemini-2.5-flash"
PNG = "data:image/png;base64,AAAA"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
WEATHER = {"type": "function", "function": {"name": "weather", "description": "x", "parameters": SCHEMA}}


def sent(model: str = NEW, **fields: Any) -> dict[str, Any]:
    """The request that goes out, which the vendor's documented rules accept."""
    body: dict[str, Any] = json.loads(request_of(a_call(model, **fields)))
    assert problem_of(body) is None
    assert model == OLD or not lacks_signature(body)
    return body


def said(*messages: dict[str, Any], model: str = NEW, **fields: Any) -> dict[str, Any]:
    return sent(model, messages=list(messages), **fields)


def config(model: str = NEW, **fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = sent(model, **fields)["generationConfig"]
    return found


def objection(model: str = NEW, **fields: Any) -> str | None:
    """The field that is refused."""
    with pytest.raises(ProviderError) as caught:
        request_of(a_call(model, **fields))
    error = caught.value
    assert (error.failure, error.status, error.retryable) == (Failure.UNREACHABLE, 400, False)
    assert error.param
    assert error.param in error.message
    return error.param


def user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def called(*ids: str, **extra: Any) -> dict[str, Any]:
    calls = [
        {"id": id, "type": "function", "function": {"name": "weather", "arguments": '{"a": 1}'}, **extra}
        for id in ids
    ]
    return {"role": "assistant", "content": None, "tool_calls": calls}


def result(id: str, content: Any = "fine") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": id, "content": content}


def test_a_plain_request() -> None:
    assert sent(max_tokens=7) == {
        "contents": [{"role": "user", "parts": [{"text": "hello"}]}],
        "generationConfig": {"maxOutputTokens": 7},
    }


def test_all_system_prompts_go_to_the_beginning_in_their_order() -> None:
    body = said(
        {"role": "system", "content": "one"},
        {"role": "developer", "content": [{"type": "text", "text": "two"}]},
        user("hello"),
        {"role": "system", "content": "three"},
    )
    assert body["systemInstruction"] == {"parts": [{"text": "one"}, {"text": "two"}, {"text": "three"}]}
    assert len(body["contents"]) == 1


def test_turns_have_geminis_roles_and_those_of_one_role_become_one() -> None:
    body = said(user("a"), user("b"), {"role": "assistant", "content": "c"}, user("d"))
    assert [(each["role"], len(each["parts"])) for each in body["contents"]] == [
        ("user", 2),
        ("model", 1),
        ("user", 1),
    ]


def test_results_go_in_one_content_in_the_order_of_their_calls() -> None:
    """They have no ids, so that Gemini matches them by their order."""
    body = said(user("go"), called("x", "y"), result("y", "second"), result("x", "first"), user("and now?"))
    assert [part.get("thoughtSignature") for part in body["contents"][1]["parts"]] == [
        "skip_thought_signature_validator",
        None,
    ]
    assert body["contents"][2]["parts"] == [
        {"functionResponse": {"name": "weather", "response": {"output": "first"}}},
        {"functionResponse": {"name": "weather", "response": {"output": "second"}}},
        {"text": "and now?"},
    ]


def test_models_before_3_need_no_signature() -> None:
    body = said(user("go"), called("x"), result("x"), model=OLD)
    assert body["contents"][1]["parts"] == [{"functionCall": {"name": "weather", "args": {"a": 1}}}]


def test_a_signature_that_googles_own_door_gave_is_used() -> None:
    extra = {"google": {"thought_signature": "c2ln"}}
    body = said(user("go"), called("x", extra_content=extra), result("x"))
    assert body["contents"][1]["parts"][0]["thoughtSignature"] == "c2ln"


def test_thoughts_of_other_vendors_stay_behind() -> None:
    extra = {"anthropic": {"thinking_blocks": [{"type": "thinking"}]}, "made_by": "claude-sonnet-5"}
    body = said(user("go"), called("x", extra_content=extra), result("x"))
    assert "thinking" not in json.dumps(body)


@pytest.mark.parametrize(
    ("url", "part"),
    [
        (PNG, {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}),
        (
            "https://example.com/a.JPG?size=2",
            {"fileData": {"mimeType": "image/jpeg", "fileUri": "https://example.com/a.JPG?size=2"}},
        ),
    ],
)
def test_pictures_inside_the_request_and_elsewhere(url: str, part: dict[str, Any]) -> None:
    body = said(user([{"type": "image_url", "image_url": {"url": url}}]))
    assert body["contents"][0]["parts"] == [part]


def test_a_pdf_is_sent_inside_the_request() -> None:
    file = {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"}}
    (part,) = said(user([file]))["contents"][0]["parts"]
    assert part["inlineData"]["mimeType"] == "application/pdf"


def test_tools_keep_their_json_schemas() -> None:
    clock = {"type": "function", "function": {"name": "clock"}}
    assert sent(tools=[WEATHER, clock])["tools"] == [
        {
            "functionDeclarations": [
                {"name": "weather", "description": "x", "parametersJsonSchema": SCHEMA},
                {"name": "clock"},
            ]
        }
    ]


@pytest.mark.parametrize(
    ("fields", "choice"),
    [
        ({}, None),
        ({"tool_choice": "auto"}, {"mode": "AUTO"}),
        ({"tool_choice": "required"}, {"mode": "ANY"}),
        ({"tool_choice": "none"}, {"mode": "NONE"}),
        (
            {"tool_choice": {"type": "function", "function": {"name": "weather"}}},
            {"mode": "ANY", "allowedFunctionNames": ["weather"]},
        ),
        (
            {"tools": [{**WEATHER, "function": {**WEATHER["function"], "strict": True}}]},
            {"mode": "VALIDATED"},
        ),  # type: ignore[dict-item]
    ],
)
def test_the_choice_of_tools(fields: dict[str, Any], choice: dict[str, Any] | None) -> None:
    config = sent(**{"tools": [WEATHER], **fields}).get("toolConfig")
    assert config == (choice and {"functionCallingConfig": choice})


@pytest.mark.parametrize(
    ("model", "effort", "thinking"),
    [
        (NEW, "minimal", {"thinkingLevel": "MINIMAL", "includeThoughts": True}),
        (NEW, "xhigh", {"thinkingLevel": "XHIGH", "includeThoughts": True}),
        (OLD, "none", {"thinkingBudget": 0}),
        (OLD, "high", {"thinkingBudget": 24_576, "includeThoughts": True}),
    ],
)
def test_how_hard_it_is_to_think(model: str, effort: str, thinking: dict[str, Any]) -> None:
    assert config(model, reasoning_effort=effort)["thinkingConfig"] == thinking


def test_forms_of_the_answer() -> None:
    assert config(response_format={"type": "json_object"})["responseMimeType"] == "application/json"
    form = {"type": "json_schema", "json_schema": {"name": "p", "schema": SCHEMA}}
    assert config(response_format=form)["responseJsonSchema"] == SCHEMA


def test_the_limit_is_that_of_each_choice() -> None:
    assert config(n=3, max_tokens=50)["maxOutputTokens"] == 50
    call = a_call(NEW, n=3)
    call.body.pop("max_tokens")
    call.output_limit = 300
    assert json.loads(request_of(call))["generationConfig"] == {"maxOutputTokens": 100, "candidateCount": 3}


def test_sampling_and_stops() -> None:
    fields = {"temperature": 1.5, "top_p": 0.5, "top_k": 7, "stop": ["A", "B"], "seed": 3}
    given = config(**fields, presence_penalty=0.5, frequency_penalty=-0.5, max_tokens=9)
    assert given == {
        "maxOutputTokens": 9,
        "temperature": 1.5,
        "topP": 0.5,
        "topK": 7,
        "stopSequences": ["A", "B"],
        "seed": 3,
        "presencePenalty": 0.5,
        "frequencyPenalty": -0.5,
    }


def test_the_cheaper_and_the_dearer_tier_are_asked_for_and_the_plain_one_is_the_vendors_own() -> None:
    assert sent(service_tier="flex")["serviceTier"] == "flex"
    assert sent(service_tier="priority")["serviceTier"] == "priority"
    assert "serviceTier" not in sent(service_tier="auto")


NOTHING = {
    "user": "u",
    "safety_identifier": "s",
    "prompt_cache_key": "k",
    "cache_control": {"type": "ephemeral"},
    "logprobs": False,
    "store": False,
    "logit_bias": None,
    "parallel_tool_calls": False,
    "response_format": {"type": "text"},
}


@pytest.mark.parametrize("field", NOTHING)
def test_what_says_nothing_to_a_model_is_no_reason_to_refuse(field: str) -> None:
    assert sent(**{field: NOTHING[field]}) == sent()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"logprobs": True}, "logprobs"),
        ({"logit_bias": {"1": 5}}, "logit_bias"),
        ({"temperature": 2.5}, "temperature"),
        ({"thinking": {"type": "disabled"}}, "thinking"),
        ({"reasoning_effort": "none"}, "reasoning_effort"),
        ({"reasoning_effort": "max"}, "reasoning_effort"),
        ({"service_tier": "scale"}, "service_tier"),
        ({"tools": [WEATHER], "parallel_tool_calls": False}, "parallel_tool_calls"),
        ({"tools": [{"type": "google_search"}]}, "tools[0].type"),
        ({"tools": [WEATHER], "tool_choice": {"type": "allowed_tools"}}, "tool_choice"),
        ({"response_format": {"type": "grammar"}}, "response_format"),
        ({"safety_settings": []}, "safety_settings"),
        ({"modalities": ["text", "image"]}, "modalities"),
    ],
)
def test_what_has_no_counterpart_is_refused_by_its_name(fields: dict[str, Any], field: str) -> None:
    assert objection(**fields) == field


URL = "messages[0].content[0].image_url.url"


@pytest.mark.parametrize(
    ("messages", "field"),
    [
        ([user("")], "messages[0].content"),
        ([user([{"type": "input_audio", "input_audio": {}}])], "messages[0].content[0]"),
        ([user([{"type": "image_url", "image_url": {"url": "data:image/gif;base64,AA"}}])], URL),
        ([user([{"type": "image_url", "image_url": {"url": "https://example.com/picture"}}])], URL),
        ([user([{"type": "image_url", "image_url": {"url": "gs://bucket/a.png"}}])], URL),
        ([user("a"), called("x"), result("z")], "messages[2].tool_call_id"),
        ([user("a"), called("x"), result("x", [{"type": "image_url"}])], "messages[2].content[0]"),
        ([{"role": "robot", "content": "x"}], "messages[0].role"),
        ([{"role": "system", "content": "x"}], "messages"),
    ],
)
def test_a_message_that_cannot_be_translated_is_refused_by_its_path(
    messages: list[dict[str, Any]], field: str
) -> None:
    assert objection(messages=messages) == field
