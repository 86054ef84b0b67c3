"""What a model wants back with its tool calls is stripped where another vendor gets the conversation."""

import json
from typing import Any

import pytest

from providers.openai_compatible.request import payload_of
from providers.openai_compatible.traits import KNOWN, Traits
from providers.signatures import brought_back, carried
from tests.unit.providers.translating import a_call

OURS = carried("anthropic", {"thinking_blocks": [{"type": "thinking"}]}, "claude-sonnet-5")
GOOGLES = {"google": {"thought_signature": "c2ln"}}


def conversation(extra: Any) -> list[dict[str, Any]]:
    call = {
        "id": "c",
        "type": "function",
        "function": {"name": "f", "arguments": "{}"},
        "extra_content": extra,
    }
    return [
        {"role": "user", "content": "the word made_by stands here"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": "x"},
    ]


def sent_to_openai(extra: Any) -> Any:
    call = a_call("gpt", messages=conversation(extra))
    payload = payload_of(call, streamed=False, traits=Traits())
    return json.loads(payload)["messages"][1]["tool_calls"][0].get("extra_content")


def test_an_openai_compatible_vendor_gets_none_of_what_others_made() -> None:
    assert sent_to_openai(OURS) is None


@pytest.mark.parametrize("extra", [GOOGLES, {"mine": 1}, "text", None])
def test_what_was_not_made_here_passes_as_it_came(extra: Any) -> None:
    """Google's own OpenAI-shaped door wants its signature back."""
    assert sent_to_openai(extra) == extra


def test_a_request_without_any_passes_byte_by_byte() -> None:
    call = a_call("gpt")
    assert payload_of(call, streamed=False, traits=Traits()) is call.payload


def test_the_words_of_a_refusal_stay_where_the_vendor_knows_no_refusals() -> None:
    said = {"role": "assistant", "content": None, "refusal": "No.", "reasoning": "hm"}
    call = a_call("m", messages=[{"role": "user", "content": "go"}, said])
    sent = json.loads(payload_of(call, streamed=False, traits=KNOWN["groq"]))["messages"]
    assert sent[1] == {"role": "assistant", "content": "No."}


def test_the_fields_of_other_roles_audio_and_calls_of_tools_stay() -> None:
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": "go", "reasoning": "mine"},
        {"role": "assistant", "content": "x", "audio": {"id": "a"}},
    ]
    messages[1]["tool_calls"] = [{"id": "c", "type": "function", "function": {"name": "f"}}]
    call = a_call("m", messages=messages, service_tier="flex")
    assert payload_of(call, streamed=False, traits=KNOWN["groq"]) is call.payload


def test_thoughts_are_left_out_where_the_catalog_says_so() -> None:
    said = {"role": "assistant", "content": "x", "reasoning_content": "hm", "annotations": []}
    call = a_call("m", messages=[{"role": "user", "content": "go"}, said])
    sent = json.loads(payload_of(call, streamed=False, traits=Traits(takes_thoughts=False)))["messages"]
    assert sent[1] == {"role": "assistant", "content": "x", "annotations": []}


@pytest.mark.parametrize(
    ("extra", "model", "found"),
    [
        (OURS, "claude-sonnet-5", True),
        (OURS, "claude-opus-5", False),
        ({"anthropic": OURS["anthropic"]}, "claude-opus-5", True),
        ({"anthropic": "text", "made_by": "claude-sonnet-5"}, "claude-sonnet-5", False),
        (GOOGLES, "claude-sonnet-5", False),
    ],
)
def test_a_model_gets_back_its_own(extra: Any, model: str, found: bool) -> None:
    assert bool(brought_back(extra, "anthropic", model)) is found
