"""Count tokens offline, where a vendor reported none: exact for OpenAI's models, close for the others."""

import asyncio
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import msgspec
import splintr

ENCODING = "o200k_base"
MESSAGE_TOKENS = 4
"""What the role markers of one message count."""
ANSWER_TOKENS = 3
"""What opens the answer."""
PIECE = 20_000
"""Characters that are counted at once: the tokenizer keeps all other threads waiting, for 0.2 ms a piece, and needs
time that is more than proportional for a long run without spaces. A cut may add a token."""
LONG_TEXT = 100_000
"""Characters. Longer texts are counted in a thread."""


@cache
def _tokenizer() -> splintr.AnyTokenizer:
    """Takes 40 ms and 30 MB, so it is loaded when a vendor first needs it."""
    return splintr.Tokenizer.from_pretrained(ENCODING)


def count_tokens(text: str | bytes) -> int:
    """The tokens of a text, in which `<|endoftext|>` is thirteen characters and not one sign."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    if len(text) <= PIECE:
        return _count_piece(text)
    return sum(_count_piece(text[start : start + PIECE]) for start in range(0, len(text), PIECE))


def _count_piece(text: str) -> int:
    try:
        return len(_tokenizer().encode_ordinary(text))
    except UnicodeEncodeError:  # half of a surrogate pair
        return len(_tokenizer().encode_ordinary(text.encode("utf-8", "replace").decode()))


async def count_in_thread(text: str) -> int:
    """The same, without holding up the event loop for a long text."""
    return count_tokens(text) if len(text) < LONG_TEXT else await asyncio.to_thread(count_tokens, text)


async def count_input(body: Mapping[str, Any]) -> int | None:
    """The tokens of a request's messages and schemas; None where it holds more than text."""
    texts: list[str] = []
    for text in _texts(body):
        if not isinstance(text, str):
            return None
        texts.append(text)
    overhead = MESSAGE_TOKENS * len(body.get("messages") or ()) + ANSWER_TOKENS
    return overhead + await count_in_thread("\n".join(texts))


def _texts(body: Mapping[str, Any]) -> Iterator[object]:
    """Every text of the request, and something else for each part that is none."""
    for message in body.get("messages") or ():
        content = message.get("content")
        for part in [{"text": content}] if isinstance(content, str) else content or ():
            yield part.get("text", part.get("refusal"))
        if message.get("tool_calls"):
            yield _json(message["tool_calls"])
    for field in ("tools", "functions", "response_format"):
        if body.get(field):
            yield _json(body[field])


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
