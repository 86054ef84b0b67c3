"""Count tokens offline, where a vendor reported none: exact for OpenAI's models, close for the others."""

import asyncio
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import msgspec
import splintr

from providers.pictures import picture_tokens

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


async def count_input(body: Mapping[str, Any], model: str) -> int | None:
    """The tokens of a request's messages, schemas and pictures; None where it holds what cannot be counted."""
    texts: list[str] = []
    pictures = 0
    for part in _parts(body):
        if isinstance(part, str):
            texts.append(part)
            continue
        tokens = picture_tokens(model, part) if isinstance(part, Mapping) else None
        if tokens is None:
            return None
        pictures += tokens
    messages = body.get("messages")
    overhead = MESSAGE_TOKENS * (len(messages) if isinstance(messages, list) else 0) + ANSWER_TOKENS
    return overhead + pictures + await count_in_thread("\n".join(texts))


def _parts(body: Mapping[str, Any]) -> Iterator[object]:
    """Every text of the request as text, and each part that is none as it is."""
    messages = body.get("messages")
    for message in messages if isinstance(messages, list) else ():
        if not isinstance(message, Mapping):
            continue
        content = message.get("content")
        if isinstance(content, str):
            yield content
        elif isinstance(content, list):
            for part in content:
                text = part.get("text", part.get("refusal")) if isinstance(part, Mapping) else part
                yield text if isinstance(text, str) else part
        for field in ("tool_calls", "function_call", "reasoning_content"):
            if message.get(field):
                yield _json(message[field])
    for field in ("tools", "functions", "response_format", "input"):  # `input`: of embeddings
        if body.get(field):
            yield _json(body[field])


def _json(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
