"""Which Responses are looked up and kept by themselves, which for `any`, and which never."""

from typing import Any

import pytest

from metering.answer_cache.protocols.responses import CachedResponses

RESPONSES = CachedResponses()
PLAIN: dict[str, Any] = {"input": "hello", "temperature": 0, "store": False}
TOOL = {"type": "function", "name": "f", "parameters": {"type": "object"}}
CALL = {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"}


def said(*parts: dict[str, Any], role: str = "user") -> list[dict[str, Any]]:
    return [{"role": role, "content": list(parts)}]


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"instructions": "Be brief.", "metadata": {"agent_id": "a"}, "stream": True, "background": False},
        {"input": said({"type": "input_text", "text": "hello"})},
        {"input": said({"type": "input_image", "image_url": "data:image/png;base64,AAAA"})},
        {"input": said({"type": "input_file", "filename": "a.pdf", "file_data": "data:;base64,AAAA"})},
        {"input": [*said({"type": "output_text", "text": "hi"}, role="assistant"), CALL]},
        {"input": [{"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"}]},
        {"tools": [TOOL, {"type": "namespace", "tools": [TOOL]}], "previous_response_id": None},
    ],
)
def test_what_would_be_answered_the_same_again_is(more: dict[str, Any]) -> None:
    assert RESPONSES.why_not(PLAIN | more, any_=False) == ""


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"temperature": None}, "sampled"),
        ({"input": [{"type": "function_call_output", "call_id": "1", "output": "rain"}]}, "tool_results"),
        ({"input": [{"type": "custom_tool_call_output", "call_id": "1", "output": "x"}]}, "tool_results"),
        ({"input": [{"type": "web_search_call", "id": "ws_1"}]}, "tool_results"),
        ({"tools": [{"type": "web_search"}]}, "live"),
        ({"tools": [{"type": "namespace", "tools": [{"type": "file_search"}]}]}, "live"),
        ({"input": [{"type": "additional_tools", "tools": [{"type": "web_search"}]}]}, "live"),
        ({"moderation": {}}, "live"),
        ({"input": said({"type": "input_image", "image_url": "https://a.example/b.png"})}, "content"),
        ({"input": said({"type": "input_file", "file_id": "file-1"})}, "content"),
        ({"input": [{"type": "compaction", "id": "c"}]}, "content"),
    ],
)
def test_what_might_be_answered_otherwise_is_for_any_only(more: dict[str, Any], reason: str) -> None:
    assert RESPONSES.why_not(PLAIN | more, any_=False) == reason
    assert RESPONSES.why_not(PLAIN | more, any_=True) == ""


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"store": True}, "stored"),
        ({"store": None}, "stored"),
        ({"previous_response_id": "resp_1"}, "state"),
        ({"conversation": "conv_1"}, "state"),
        ({"prompt": {"id": "pmpt_1"}}, "state"),
        ({"input": [{"type": "item_reference", "id": "msg_1"}]}, "state"),
        ({"input": [{"id": "msg_1"}]}, "state"),
        ({"input": [{"type": "reasoning", "id": "rs_1", "summary": []}]}, "state"),
        ({"input": said({"type": "input_audio", "input_audio": {}})}, "audio"),
        ({"tools": [{"type": "mcp", "server_label": "a"}]}, "effects"),
        ({"input": [{"type": "additional_tools", "tools": [{"type": "mcp"}]}]}, "effects"),
    ],
)
@pytest.mark.parametrize("any_", [False, True])
def test_what_is_stored_refers_to_state_or_does_something_always_reaches_the_vendor(
    more: dict[str, Any], reason: str, any_: bool
) -> None:
    assert RESPONSES.why_not(PLAIN | more, any_=any_) == reason


def test_a_request_that_does_not_say_whether_it_is_stored_is_stored_by_its_vendor() -> None:
    assert RESPONSES.why_not({"input": "hello", "temperature": 0}, any_=True) == "stored"


def answer(status: str = "completed", *kinds: str, **more: Any) -> dict[str, Any]:
    output = [{"type": kind} for kind in kinds or ("reasoning", "message")]
    return {"object": "response", "status": status, "output": output, "store": False, **more}


def incomplete(reason: str) -> dict[str, Any]:
    return answer("incomplete", incomplete_details={"reason": reason})


@pytest.mark.parametrize("whole", [answer(), incomplete("max_output_tokens"), answer(store=None)])
def test_an_answer_that_ended_or_reached_its_limit_is_kept(whole: dict[str, Any]) -> None:
    assert RESPONSES.is_kept(whole, any_=False)


REFUSING = {"type": "message", "content": [{"type": "refusal", "refusal": "No."}]}


@pytest.mark.parametrize(
    "unfit",
    [
        *({}, answer(output=[]), answer(output="x"), answer(output=[1]), answer(error={"code": "x"})),
        *(answer("failed"), answer("queued"), answer("incomplete"), incomplete("content_filter")),
        *(answer(store=True), answer(previous_response_id="resp_1"), answer(conversation={"id": "conv_1"})),
        answer(output=[REFUSING]),
        *(answer("completed", "code_interpreter_call", "message"), answer("completed", "mcp_call")),
    ],
)
@pytest.mark.parametrize("any_", [False, True])
def test_what_is_cut_refused_stored_or_leaves_something_at_the_vendor_is_never_kept(
    unfit: dict[str, Any], any_: bool
) -> None:
    assert not RESPONSES.is_kept(unfit, any_=any_)


@pytest.mark.parametrize("kind", ["function_call", "custom_tool_call", "web_search_call"])
def test_an_answer_that_calls_tools_is_kept_for_any_only(kind: str) -> None:
    assert not RESPONSES.is_kept(answer("completed", "message", kind), any_=False)
    assert RESPONSES.is_kept(answer("completed", "message", kind), any_=True)
