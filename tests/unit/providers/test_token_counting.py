from typing import Any

import pytest

from providers.token_counting import PIECE, count_in_thread, count_input, count_tokens


def test_known_counts() -> None:
    assert count_tokens("hello world") == 2
    assert count_tokens(b"hello world") == 2
    assert count_tokens("") == 0


@pytest.mark.parametrize("text", ["<|endoftext|>", "<|im_start|>system", "<|fim_prefix|>"])
def test_a_callers_text_holds_no_special_tokens(text: str) -> None:
    assert count_tokens(text) > 3


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", b"\xff\xfe", "\0", "\U0001f9ea" * 50])
def test_any_text_can_be_counted(text: str | bytes) -> None:
    assert count_tokens(text) > 0


async def test_a_long_text_counts_the_same() -> None:
    text = "the quick brown fox " * 10_000
    assert await count_in_thread(text) == count_tokens(text)


async def test_messages_tools_and_schemas_count() -> None:
    plain: dict[str, Any] = {"messages": [{"role": "user", "content": "hello world"}]}
    parts = {"messages": [{"role": "user", "content": [{"type": "text", "text": "hello world"}]}]}
    assert await count_input(plain, "m") == await count_input(parts, "m") == 2 + 4 + 3
    with_tools = await count_input(
        {**plain, "tools": [{"type": "function", "function": {"name": "weather"}}]}, "m"
    )
    assert with_tools is not None
    assert with_tools > 15


async def test_what_is_not_text_cannot_be_counted() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    assert await count_input({"messages": [{"role": "user", "content": [image]}]}, "m") is None


@pytest.mark.parametrize("text", ["a" * 200_000, " " * 200_000, "\U0001f9ea" * 50_000, "9" * 200_000])
def test_a_long_run_is_counted_in_pieces_with_a_token_more_for_each_at_most(text: str) -> None:
    pieces = [text[start : start + PIECE] for start in range(0, len(text), PIECE)]
    assert count_tokens(text) == sum(count_tokens(piece) for piece in pieces)


def test_prose_is_counted_as_it_is_billed() -> None:
    assert count_tokens("Summarise the following paragraph in one sentence. " * 100) == 1001
