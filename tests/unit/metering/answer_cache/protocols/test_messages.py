"""Which Messages are looked up and kept by themselves, which for `any`, and which never."""

from typing import Any

import pytest

from metering.answer_cache.protocols.messages import CachedMessages

MESSAGES = CachedMessages()
PLAIN: dict[str, Any] = {
    "messages": [{"role": "user", "content": "hello"}],
    "max_tokens": 50,
    "temperature": 0,
}
TOOL = {"name": "f", "input_schema": {"type": "object"}}
PICTURE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}


def said(*blocks: dict[str, Any], role: str = "user") -> list[dict[str, Any]]:
    return [{"role": role, "content": list(blocks)}]


def source(kind: str, type: str = "image") -> dict[str, Any]:
    return {"type": type, "source": {"type": kind}}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}]},
        {"messages": said({"type": "text", "text": "hello"}, PICTURE, source("text", "document"))},
        {"messages": said({"type": "tool_use", "id": "t", "name": "f", "input": {}}, role="assistant")},
        {"tools": [TOOL, {"type": "bash_20250124", "name": "bash"}], "tool_choice": {"type": "auto"}},
        {"metadata": {"user_id": "u"}, "stream": True, "mcp_servers": [], "container": None},
    ],
)
def test_what_would_be_answered_the_same_again_is(more: dict[str, Any]) -> None:
    assert MESSAGES.why_not(PLAIN | more, any_=False) == ""


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"temperature": None}, "sampled"),
        ({"temperature": 1}, "sampled"),
        ({"messages": said({"type": "tool_result", "tool_use_id": "t", "content": "rain"})}, "tool_results"),
        ({"messages": said({"type": "web_search_tool_result", "content": []})}, "tool_results"),
        ({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "live"),
        ({"betamax": 1}, "live"),
        ({"messages": said(source("url"))}, "content"),
        ({"messages": said(source("file", "document"))}, "content"),
    ],
)
def test_what_might_be_answered_otherwise_is_for_any_only(more: dict[str, Any], reason: str) -> None:
    assert MESSAGES.why_not(PLAIN | more, any_=False) == reason
    assert MESSAGES.why_not(PLAIN | more, any_=True) == ""


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"container": "container_1"}, "state"),
        ({"diagnostics": {"previous_message_id": "msg_1"}}, "state"),
        ({"messages": said({"type": "container_upload", "file_id": "f"})}, "state"),
        ({"mcp_servers": [{"type": "url", "url": "https://a.example"}]}, "effects"),
        ({"tools": [{"type": "mcp_toolset", "mcp_server_name": "a"}]}, "effects"),
    ],
)
@pytest.mark.parametrize("any_", [False, True])
def test_what_refers_to_the_vendor_s_state_or_does_something_always_reaches_the_vendor(
    more: dict[str, Any], reason: str, any_: bool
) -> None:
    assert MESSAGES.why_not(PLAIN | more, any_=any_) == reason


def answer(stop_reason: str | None = "end_turn", *kinds: str, **more: Any) -> dict[str, Any]:
    content = [{"type": kind} for kind in kinds or ("text",)]
    return {"type": "message", "content": content, "stop_reason": stop_reason, **more}


@pytest.mark.parametrize("reason", ["end_turn", "stop_sequence", "max_tokens"])
def test_an_answer_that_ended_or_reached_its_limit_is_kept_with_its_thoughts(reason: str) -> None:
    assert MESSAGES.is_kept(answer(reason, "thinking", "redacted_thinking", "text"), any_=False)


@pytest.mark.parametrize(
    "unfit",
    [
        *(
            {},
            answer(content=[]),
            answer(content="x"),
            answer(content=[1]),
            answer(error={"type": "api_error"}),
        ),
        *(answer(None), answer("refusal"), answer("pause_turn"), answer("model_context_window_exceeded")),
        answer(container={"id": "container_1"}),
        answer("end_turn", "text", "code_execution_tool_result"),
        answer("end_turn", "mcp_tool_use", "mcp_tool_result"),
    ],
)
@pytest.mark.parametrize("any_", [False, True])
def test_what_is_cut_refused_or_leaves_something_at_the_vendor_is_never_kept(
    unfit: dict[str, Any], any_: bool
) -> None:
    assert not MESSAGES.is_kept(unfit, any_=any_)


@pytest.mark.parametrize(
    "calls",
    [
        answer("tool_use", "text", "tool_use"),
        answer("end_turn", "server_tool_use", "web_search_tool_result", "text"),
    ],
)
def test_an_answer_that_calls_tools_is_kept_for_any_only(calls: dict[str, Any]) -> None:
    assert not MESSAGES.is_kept(calls, any_=False)
    assert MESSAGES.is_kept(calls, any_=True)
