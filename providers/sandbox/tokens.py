"""The sandbox's own tokenizer: pieces of up to eight letters, and single signs."""

import re

_PIECE = re.compile(r"\s*(?:\w{1,8}|[^\w\s])|\s+$")
"""A token with the blanks before it."""
_TOKEN = re.compile(r"\w{1,8}|[^\w\s]")


def count_tokens(text: str) -> int:
    return len(_TOKEN.findall(text))


def pieces_of(text: str) -> tuple[str, ...]:
    """The text as tokens, which make it again when they are joined."""
    return tuple(_PIECE.findall(text))
