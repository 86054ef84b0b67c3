"""A Messages call that its first vendor cannot serve goes on at one of another protocol, each in its own words."""

import json
from collections.abc import Iterator

import pytest

from providers.messages.carried import MARK, carrying
from tests.e2e.protocols.asking import GatewayAndVendors
from tests.e2e.protocols.speaking import CHAT, MESSAGES, Way

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
FAILS = "vendor:status=500"
SIGNATURE, HIDDEN, OTHERS = "c2lnLW9mLWNsYXVkZQ==", "aGlkZGVuLXRob3VnaHRz", "c2lnLW9mLWdlbWluaQ=="
CARRIED = carrying("toolu_1", {"google": {"thought_signature": OTHERS}, "made_by": "gemini-3-pro-preview"})
THOUGHTS = [
    {"type": "thinking", "thinking": "Which city?", "signature": SIGNATURE},
    {"type": "redacted_thinking", "data": HIDDEN},
]
CALL = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Paris"}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "Sunny."}
CONVERSATION = [
    {"role": "user", "content": "Is it sunny?"},
    {"role": "assistant", "content": [*THOUGHTS, CARRIED, CALL]},
    {"role": "user", "content": [RESULT]},
]
TOOLS = [{"name": "weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}]


@pytest.fixture(autouse=True)
def _nothing_is_left_for_others(gateway: GatewayAndVendors) -> Iterator[None]:
    yield
    gateway.vendor.vendor.next.clear()
    gateway.claude.vendor.next.clear()


@pytest.mark.parametrize("stream", [False, True])
def test_from_anthropic_to_a_vendor_of_chat_without_thoughts_and_signatures(
    gateway: GatewayAndVendors, stream: bool
) -> None:
    gateway.claude.vendor.next.append(FAILS)
    way = Way(MESSAGES, "claude-first", CHAT)
    told = gateway.ask(way, messages=CONVERSATION, tools=TOOLS, as_="capped", stream=stream)
    assert told.status == 200, told.text
    assert [row.provider_name for row in told.rows] == ["claude", "compatible"]
    assert [row.outcome for row in told.rows] == ["error", "ok"]
    assert told.headers["x-gateway-attempts"] == "2"
    first, second = told.seen
    assert first.body["messages"][1]["content"] == [*THOUGHTS, CALL]
    assert [message["role"] for message in second.body["messages"]] == ["user", "assistant", "tool"]
    assert not any(mark in json.dumps(second.body) for mark in (SIGNATURE, HIDDEN, OTHERS, MARK))


@pytest.mark.parametrize("stream", [False, True])
def test_from_a_vendor_of_chat_to_anthropic_with_its_own_thoughts_alone(
    gateway: GatewayAndVendors, stream: bool
) -> None:
    gateway.vendor.vendor.next.append(FAILS)
    way = Way(MESSAGES, "small-first", MESSAGES)
    told = gateway.ask(way, messages=CONVERSATION, tools=TOOLS, as_="capped", stream=stream)
    assert told.status == 200, told.text
    assert [row.provider_name for row in told.rows] == ["compatible", "claude"]
    first, second = told.seen
    assert not any(mark in json.dumps(first.body) for mark in (SIGNATURE, HIDDEN, OTHERS, MARK))
    assert second.body["messages"] == [
        CONVERSATION[0],
        {"role": "assistant", "content": [*THOUGHTS, CALL]},
        CONVERSATION[2],
    ]
    assert told.ending == MESSAGES.last if stream else told.answer["type"] == "message"


def test_a_stream_that_breaks_off_before_its_first_word_is_another_vendors(
    gateway: GatewayAndVendors,
) -> None:
    gateway.claude.vendor.next.append("vendor:cut=2")  # its Message has begun, and an empty text in it
    way = Way(MESSAGES, "claude-first", CHAT)
    told = gateway.ask(way, stream=True)
    assert told.status == 200, told.text
    assert [(row.provider_name, row.outcome) for row in told.rows] == [
        ("claude", "cut"),
        ("compatible", "ok"),
    ]
    assert [event["type"] for event in told.events].count("message_start") == 1
    assert told.ending == MESSAGES.last
