"""Which chat completions are looked up and kept by themselves, which for `any`, and which never."""

from typing import Any

import pytest

from metering.answer_cache.protocols.chat import CachedChat

PLAIN: dict[str, Any] = {"messages": [{"role": "user", "content": "hello"}], "temperature": 0}
TOOL = {"type": "function", "function": {"name": "f"}}
CHAT = CachedChat()


def said(*parts: dict[str, Any], role: str = "user") -> list[dict[str, Any]]:
    return [{"role": role, "content": list(parts)}]


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"temperature": 0.0, "top_p": 0.5, "n": 1, "seed": 7},
        {"tools": [TOOL], "response_format": {"type": "json_object"}, "modalities": ["text"]},
        {"messages": said({"type": "text", "text": "hello"})},
        {"messages": said({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}})},
        {"messages": said({"type": "file", "file": {"file_data": "data:application/pdf;base64,AAAA"}})},
        {"metadata": {"agent_id": "a"}, "user": "u", "stream": True, "stream_options": {}, "store": False},
    ],
)
def test_what_would_be_answered_the_same_again_is(more: dict[str, Any]) -> None:
    assert CHAT.why_not(PLAIN | more, any_=False) == ""


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"temperature": 0.1}, "sampled"),
        ({"temperature": None}, "sampled"),
        ({"temperature": False}, "sampled"),
        ({"temperature": "0"}, "sampled"),
        ({"n": 2}, "choices"),
        ({"messages": [{"role": "tool", "tool_call_id": "1", "content": "rain"}]}, "tool_results"),
        ({"messages": [{"role": "function", "name": "f", "content": "rain"}]}, "tool_results"),
        ({"messages": said({"type": "tool_result", "content": "rain"})}, "tool_results"),
        ({"web_search_options": {}}, "live"),
        ({"search_parameters": {"mode": "on"}}, "live"),
        ({"tools": [{"type": "web_search"}]}, "live"),
        (
            {"messages": said({"type": "image_url", "image_url": {"url": "https://a.example/b.png"}})},
            "content",
        ),
        ({"messages": said({"type": "file", "file": {"file_id": "f-1"}})}, "content"),
    ],
)
def test_what_might_be_answered_otherwise_is_for_any_only(more: dict[str, Any], reason: str) -> None:
    assert CHAT.why_not(PLAIN | more, any_=False) == reason
    assert CHAT.why_not(PLAIN | more, any_=True) == ""


def test_a_temperature_that_is_left_out_is_the_vendor_s_own_and_so_sampled() -> None:
    assert CHAT.why_not({"messages": PLAIN["messages"]}, any_=False) == "sampled"


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"store": True}, "stored"),
        ({"tools": [{"type": "mcp", "server_url": "https://a.example"}]}, "effects"),
        ({"modalities": ["text", "audio"]}, "audio"),
        ({"audio": {"voice": "alloy"}}, "audio"),
        ({"messages": said({"type": "input_audio", "input_audio": {}})}, "audio"),
        ({"messages": [{"role": "assistant", "audio": {"id": "a"}}]}, "audio"),
    ],
)
@pytest.mark.parametrize("any_", [False, True])
def test_sound_and_what_the_vendor_is_to_store_or_to_do_always_reach_the_vendor(
    more: dict[str, Any], reason: str, any_: bool
) -> None:
    assert CHAT.why_not(PLAIN | more, any_=any_) == reason


def answer(finish_reason: str | None = "stop", **message: Any) -> dict[str, Any]:
    said = {"role": "assistant", "content": "hi", **message}
    return {"choices": [{"index": 0, "message": said, "finish_reason": finish_reason}]}


CALLS = answer("tool_calls", content=None, tool_calls=[{"id": "1", "type": "function"}])


@pytest.mark.parametrize("reason", ["stop", "length"])
def test_an_answer_that_ended_or_reached_its_limit_is_kept(reason: str) -> None:
    assert CHAT.is_kept(answer(reason), any_=False)


@pytest.mark.parametrize(
    "unfit",
    [
        *({}, {"choices": []}, {"choices": "x"}, {"choices": [1]}, {"choices": [{"finish_reason": "stop"}]}),
        *(
            answer(None),
            answer("content_filter"),
            answer("error"),
            answer(refusal="No."),
            answer(audio={"id": "a"}),
        ),
        answer() | {"error": {"message": "half of it"}},
        {"choices": [*answer()["choices"], *answer("content_filter")["choices"]]},
    ],
)
@pytest.mark.parametrize("any_", [False, True])
def test_what_is_cut_refused_filtered_or_partly_failed_is_never_kept(
    unfit: dict[str, Any], any_: bool
) -> None:
    assert not CHAT.is_kept(unfit, any_=any_)


def test_an_answer_that_calls_tools_is_kept_for_any_only() -> None:
    assert not CHAT.is_kept(CALLS, any_=False)
    assert CHAT.is_kept(CALLS, any_=True)
    assert not CHAT.is_kept(answer("stop", tool_calls=[{"id": "1"}]), any_=False)
