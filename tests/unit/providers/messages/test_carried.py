"""What another vendor wants back travels in a block that only we know."""

from typing import Any

import pytest

from providers.messages.carried import MARK, carried_in, carrying, without_carried

EXTRA = {"google": {"thought_signature": "\ud800ü"}, "made_by": "m"}
OWN = {"type": "redacted_thinking", "data": "cmVkYWN0ZWQ="}
TEXT = {"type": "text", "text": "a"}


def test_what_is_carried_comes_back_as_it_was() -> None:
    block = carrying("id-1", {"a": [1, None, {"b": "ü"}]})
    assert block is not None
    assert carried_in(block) == ("id-1", {"a": [1, None, {"b": "ü"}]})


@pytest.mark.parametrize(
    "block",
    [
        OWN,
        TEXT,
        {"type": "redacted_thinking"},
        {"type": "redacted_thinking", "data": 7},
        {"type": "redacted_thinking", "data": MARK},
        {"type": "redacted_thinking", "data": f"{MARK}!!!"},
        {"type": "redacted_thinking", "data": f"{MARK}W10="},
        {"type": "redacted_thinking", "data": f"{MARK}ü"},
    ],
)
def test_nothing_is_read_from_what_we_did_not_make(block: dict[str, Any]) -> None:
    assert carried_in(block) is None


def test_anthropic_gets_its_own_blocks_back_and_none_of_ours() -> None:
    ours = carrying("id-1", EXTRA)
    messages = [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": [OWN, ours, TEXT]},
        {"role": "assistant", "content": [ours]},
    ]
    assert without_carried(messages) == [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": [OWN, TEXT]},
    ]


@pytest.mark.parametrize("messages", [None, 7, ["a"], [{"content": None}], [{"content": [7]}]])
def test_what_is_no_conversation_stays_for_the_vendor_to_refuse(messages: object) -> None:
    assert without_carried(messages) == messages


def test_a_thought_that_nobody_signed_stays_with_the_gateway() -> None:
    signed = {"type": "thinking", "thinking": "so", "signature": "abc"}
    unsigned = {"type": "thinking", "thinking": "so", "signature": ""}
    said = {"type": "text", "text": "hello"}
    messages = [{"role": "assistant", "content": [unsigned, signed, said]}]
    assert without_carried(messages) == [{"role": "assistant", "content": [signed, said]}]
