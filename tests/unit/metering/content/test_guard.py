"""What the guard does about private things in a request, by its mode."""

import time
from typing import Any

import pytest

from metering.content.detectors.phone import looking_up_at_most
from metering.content.guard import MOST_TEXT, GuardMode, guard
from metering.content.redact import find
from metering.errors import ContentBlocked, InputTooLarge

CARD = "4111 1111 1111 1111"


def asked() -> dict[str, Any]:
    return {
        "model": "ann@alder.example",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": f"{CARD}, ann@alder.example"},
        ],
    }


def test_a_request_with_nothing_private_goes_on_as_it_is() -> None:
    body = {"messages": [{"role": "user", "content": "Hello"}]}
    for mode in (GuardMode.FLAG, GuardMode.REDACT, GuardMode.BLOCK):
        assert guard(body, mode) == (body, None)


def test_flag_lets_it_pass_and_names_the_kinds() -> None:
    body = asked()
    sent, seen = guard(body, GuardMode.FLAG)
    assert sent is body
    assert seen is not None
    assert seen.header == "flagged; kinds=card,email"
    assert (
        seen.sentence == "a card number in messages[1].content and an e-mail address in messages[1].content"
    )


def test_redact_replaces_in_a_copy() -> None:
    body = asked()
    sent, seen = guard(body, GuardMode.REDACT)
    assert body == asked()
    assert sent["messages"][1]["content"] == "[CARD], [EMAIL]"
    assert sent["model"] == "ann@alder.example"
    assert seen is not None
    assert seen.header == "redacted; kinds=card,email"


def test_block_says_what_and_where_and_never_the_thing_itself() -> None:
    with pytest.raises(ContentBlocked) as refused:
        guard(asked(), GuardMode.BLOCK)
    assert refused.value.param == "messages[1].content"
    assert "a card number in messages[1].content" in refused.value.message
    assert "4111" not in refused.value.message
    assert "alder" not in refused.value.message


def keyed() -> dict[str, Any]:
    """A tool was called with an object whose members are named by people."""
    owners = {"ann@alder.example": "owner", "bob@birch.example": {"card": CARD}, "rank_1": 1}
    call = {"type": "tool_use", "id": "toolu_1", "name": "share", "input": owners}
    return {"messages": [{"role": "assistant", "content": [call]}]}


def test_names_of_members_are_looked_at_and_never_told() -> None:
    with pytest.raises(ContentBlocked) as refused:
        guard(keyed(), GuardMode.BLOCK)
    assert "an e-mail address in messages[0].content[0].input" in refused.value.message
    assert "birch" not in refused.value.message


def test_names_of_members_are_replaced_and_stay_in_their_order() -> None:
    body = keyed()
    sent, seen = guard(body, GuardMode.REDACT)
    assert body == keyed()
    assert list(sent["messages"][0]["content"][0]["input"].items()) == [
        ("[EMAIL]", "owner"),
        ("[EMAIL] 2", {"card": "[CARD]"}),
        ("rank_1", 1),
    ]
    assert seen is not None
    assert seen.kinds == ("card", "email")


def test_names_count_as_text_that_is_looked_through() -> None:
    body = {"input": {f"name-{number:09}": 1 for number in range(MOST_TEXT // 60)}}
    with pytest.raises(InputTooLarge):
        guard(body, GuardMode.FLAG)


def test_so_many_short_texts_that_they_take_long_are_refused() -> None:
    with pytest.raises(InputTooLarge):
        guard({"input": ["text 1"] * (MOST_TEXT // 60)}, GuardMode.FLAG)


def test_short_texts_that_can_be_nothing_private_take_no_time() -> None:
    began = time.process_time()
    assert guard({"enum": ["a", "12345", "a longer word"] * 50_000}, GuardMode.FLAG)[1] is None
    assert time.process_time() - began < 6, "it took a tenth of a millisecond for each"


def test_a_message_names_a_bounded_number_of_places() -> None:
    body = {"input": [CARD] * 50}
    with pytest.raises(ContentBlocked) as refused:
        guard(body, GuardMode.BLOCK)
    assert refused.value.message.count("input[") == 5
    assert "45 more" in refused.value.message


def test_what_nobody_reads_is_not_looked_at() -> None:
    iban = "DE89370400440532013000"
    held = {
        "messages": [
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "", "signature": iban},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": iban}},
                    {"type": "redacted_thinking", "data": iban},
                ],
            }
        ]
    }
    assert guard(held, GuardMode.REDACT) == (held, None)


def test_a_text_named_data_is_looked_at() -> None:
    seen = guard({"data": "DE89370400440532013000"}, GuardMode.FLAG)[1]
    assert seen is not None
    assert seen.kinds == ("iban",)


def test_more_text_than_is_looked_through_is_refused() -> None:
    with pytest.raises(InputTooLarge):
        guard({"input": "x" * (MOST_TEXT + 1)}, GuardMode.FLAG)


def test_beyond_so_many_numbers_what_looks_like_a_phone_is_taken_for_one() -> None:
    text = " ".join(f"+1 999 000 {number:04}" for number in range(20))  # none of them is a number
    with looking_up_at_most(0):
        assert {each.kind for each in find(text)} == {"phone"}
    assert "phone" not in {each.kind for each in find(text)}
