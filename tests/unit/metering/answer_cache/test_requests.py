"""Which requests are looked up and kept by themselves, which for `any`, and which never."""

from typing import Any

import pytest

from metering.answer_cache.requests import why_not_asked

PLAIN: dict[str, Any] = {"messages": [{"role": "user", "content": "hello"}], "temperature": 0}
TOOL = {"type": "function", "function": {"name": "f"}}


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
        {"metadata": {"agent_id": "a"}, "user": "u", "stream": True, "stream_options": {}, "store": False},
    ],
)
def test_what_would_be_answered_the_same_again_is(more: dict[str, Any]) -> None:
    assert why_not_asked(PLAIN | more, any_=False) == ""


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
    assert why_not_asked(PLAIN | more, any_=False) == reason
    assert why_not_asked(PLAIN | more, any_=True) == ""


def test_a_temperature_that_is_left_out_is_the_vendor_s_own_and_so_sampled() -> None:
    assert why_not_asked({"messages": PLAIN["messages"]}, any_=False) == "sampled"


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"store": True}, "stored"),
        ({"modalities": ["text", "audio"]}, "audio"),
        ({"audio": {"voice": "alloy"}}, "audio"),
        ({"messages": said({"type": "input_audio", "input_audio": {}})}, "audio"),
        ({"messages": [{"role": "assistant", "audio": {"id": "a"}}]}, "audio"),
    ],
)
@pytest.mark.parametrize("any_", [False, True])
def test_sound_and_what_the_vendor_is_to_store_always_reach_the_vendor(
    more: dict[str, Any], reason: str, any_: bool
) -> None:
    assert why_not_asked(PLAIN | more, any_=any_) == reason
