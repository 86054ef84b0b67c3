"""Calls of tools on the Teams surface: what the model wants back with their results goes out and comes in again."""

import json
from typing import Any
from uuid import UUID

import msgspec

from gateway_project.proxy.teams.answer import TeamsFraming, answer_of
from gateway_project.proxy.teams.request import chat_of
from metering.calls.values import Facts
from metering.types import EnforcementMode

SIGNED = {"google": {"thought_signature": "c2ln"}}
FUNCTION = {"name": "read", "arguments": '{"path": "a"}'}
CALL = {"id": "c", "type": "function", "function": FUNCTION, "extra_content": SIGNED}
SHOWN = {"id": "c", "name": "read", "arguments": {"path": "a"}, "extraContent": SIGNED}
FACTS = Facts(
    reservation_id=UUID(int=1),
    model="m",
    provider_name="p",
    mode=EnforcementMode.ENFORCE,
    attempts=(),
    overhead_ms=0.0,
    remaining={},
)


def whole() -> dict[str, Any]:
    message = {"role": "assistant", "content": None, "tool_calls": [CALL]}
    body = {"model": "m", "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}
    answer: dict[str, Any] = json.loads(answer_of(msgspec.json.encode(body), FACTS))
    return answer


def test_a_whole_answer_has_it() -> None:
    assert whole()["toolCalls"] == [SHOWN]


def test_a_stream_has_it() -> None:
    framing = TeamsFraming()
    delta = {"tool_calls": [{"index": 0, **CALL}]}
    framing.event(msgspec.json.encode({"model": "m", "choices": [{"index": 0, "delta": delta}]}))
    first = framing.end().decode().splitlines()[0]
    assert json.loads(first.removeprefix("data: "))["toolCall"] == SHOWN


def test_what_the_answer_had_is_sent_to_the_vendor_again() -> None:
    messages = [
        {"role": "user", "content": "read a"},
        {"role": "assistant", "content": "", "toolCalls": whole()["toolCalls"]},
        {"role": "tool", "toolCallId": "c", "content": "apples"},
    ]
    [call] = chat_of({"messages": messages, "model": "m"}, streamed=False)["messages"][1]["tool_calls"]
    assert call == {**CALL, "function": {"name": "read", "arguments": '{"path":"a"}'}}
