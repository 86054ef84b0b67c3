"""What the guard does about private things in a request, by its mode."""

from typing import Any

import pytest

from metering.content.guard import GuardMode, guard
from metering.errors import ContentBlocked

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


def test_a_message_names_a_bounded_number_of_places() -> None:
    body = {"input": [CARD] * 50}
    with pytest.raises(ContentBlocked) as refused:
        guard(body, GuardMode.BLOCK)
    assert refused.value.message.count("input[") == 5
    assert "45 more" in refused.value.message
