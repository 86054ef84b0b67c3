"""A request as coding agents send it, of all that chat can say, is taken by every protocol that chat is sent in."""

import json
from typing import Any

import pytest

from providers.anthropic.request import request_of as for_anthropic
from providers.gemini.request import request_of as for_gemini
from providers.messages.answer import whole_of
from providers.messages.carried import carrying
from providers.messages.request import chat_request
from providers.openai_compatible.request import payload_of
from providers.openai_compatible.traits import KNOWN
from tests.unit.providers.translating import ANTHROPIC, GEMINI, a_call
from tests.vendors.anthropic_app import problem_of
from tests.vendors.wire_app import case

CACHED = {"type": "ephemeral"}
PNG = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}
AGENTS: dict[str, Any] = {
    "max_tokens": 32_000,
    "system": [
        {"type": "text", "text": "You are an agent."},
        {"type": "text", "text": "Be brief.", "cache_control": CACHED},
    ],
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": "go", "cache_control": CACHED}, PNG]},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": ""},
                {"type": "text", "text": "I look."},
                carrying(
                    "call_1", {"google": {"thought_signature": "c2ln"}, "made_by": "gemini-3-pro-preview"}
                ),
                {"type": "tool_use", "id": "call_1", "name": "look", "input": {"at": "a"}},
                {"type": "tool_use", "id": "call_2", "name": "look", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "call_1",
                    "content": [{"type": "text", "text": "x"}, PNG],
                },
                {"type": "tool_result", "tool_use_id": "call_2", "content": "no", "is_error": True},
                {"type": "text", "text": "on", "cache_control": CACHED},
            ],
        },
        {"role": "system", "content": "The date has changed."},
    ],
    "tools": [
        {
            "name": "look",
            "description": "Looks.",
            "input_schema": {"type": "object", "properties": {"at": {"type": "string"}}},
            "cache_control": CACHED,
        }
    ],
    "tool_choice": {"type": "auto"},
    "thinking": {"type": "enabled", "budget_tokens": 31_999},
    "metadata": {"user_id": "user_" + "a" * 120},
    "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
    "stream": True,
}


def as_chat(model: str) -> Any:
    fields = chat_request(AGENTS)
    return a_call(model, **fields)


def test_gemini_gets_its_signature_back_and_both_results() -> None:
    sent = json.loads(for_gemini(as_chat(GEMINI.model)))
    contents = sent["contents"]
    assert contents[1]["parts"][1]["thoughtSignature"] == "c2ln"
    names = [part["functionResponse"]["name"] for part in contents[2]["parts"] if "functionResponse" in part]
    assert names == ["look", "look"]


def test_anthropic_by_way_of_chat_takes_it_by_its_own_rules() -> None:
    sent = json.loads(for_anthropic(as_chat(ANTHROPIC.model), streamed=True))
    assert problem_of(sent) is None
    assert sent["system"][1]["cache_control"] == CACHED


@pytest.mark.parametrize("vendor", [name for name in KNOWN if name != "openrouter"])
def test_no_other_vendor_is_told_what_only_one_of_them_knows(vendor: str) -> None:
    sent = payload_of(as_chat("m"), streamed=True, traits=KNOWN[vendor])
    assert b"extra_content" not in sent
    assert (b"cache_control" in sent) is (not KNOWN[vendor].refused_hints)


@pytest.mark.parametrize("name", ["tools", "tools_with_ids"])
def test_geminis_own_answer_comes_back_to_it_with_its_signatures(name: str) -> None:
    """From its recorded answer to chat, to a Message, to the next request of the caller, and to Gemini again."""
    given = case("gemini", name)
    chat, usage = GEMINI.whole_of(given["answer"])
    answer = whole_of(chat, asked={}, usage=usage)
    results = [
        {"type": "tool_result", "tool_use_id": block["id"], "content": "fine"}
        for block in answer["content"]
        if block["type"] == "tool_use"
    ]
    turns = [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": answer["content"]},
        {"role": "user", "content": results},
    ]
    again = chat_request({"model": GEMINI.model, "messages": turns})
    sent = json.loads(for_gemini(a_call(GEMINI.model, messages=again["messages"])))
    signatures = [
        part["thoughtSignature"]
        for part in given["answer"]["candidates"][0]["content"]["parts"]
        if "functionCall" in part and "thoughtSignature" in part
    ]
    assert signatures
    assert [part.get("thoughtSignature") for part in sent["contents"][1]["parts"]][-len(results) :][
        : len(signatures)
    ] == signatures
