"""What the sandbox says: derived from the request by hash, so the same request gets the same answer."""

import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import msgspec
from msgspec import Struct

from providers.port import Usage
from providers.sandbox.chat import reply
from providers.sandbox.directives import Directives, last_user_text, text_of
from providers.sandbox.written import AGAIN, WRITERS, answers_before, is_mistake, material_in, schema_name

MESSAGE_TOKENS = 4
"""What the role markers of one message count."""
MISTAKE = '{"sandbox": "a mistake, as asked"'
"""Neither JSON nor of any shape."""
_PIECE = re.compile(r"\s*(?:\w{1,8}|[^\w\s])|\s+$")
"""A written answer's tokens, with the blanks before them."""
_TOKEN = re.compile(r"\w{1,8}|[^\w\s]")


class SandboxAnswer(Struct, frozen=True, kw_only=True):
    """One answer: its choices as lists of tokens, and how each ended."""

    choices: tuple[tuple[str, ...], ...]
    finish_reason: str
    usage: Usage


def count_tokens(text: str) -> int:
    """The sandbox's own tokenizer: pieces of up to eight letters, and single signs."""
    return len(_TOKEN.findall(text))


def answer_to(body: Mapping[str, Any], asked: Directives) -> SandboxAnswer:
    """The answer, within the request's output limit."""
    written = _written(body)
    count = body.get("n") or 1
    limit = body.get("max_completion_tokens") or body.get("max_tokens")
    words = asked.words if asked.words is None or limit is None else min(asked.words, limit)
    whole = [written] * count if written else _replies(body, words, count)
    choices = tuple(tokens[:limit] for tokens in whole)
    wanted = max(map(len, whole)) if written or asked.words is None else asked.words
    return SandboxAnswer(
        choices=choices,
        finish_reason="stop" if wanted <= (limit or wanted) else "length",
        usage=Usage(
            input_tokens=sum(count_tokens(text_of(item)) + MESSAGE_TOKENS for item in body["messages"]),
            output_tokens=sum(map(len, choices)) + asked.overrun,
        ),
    )


def _written(body: Mapping[str, Any]) -> tuple[str, ...]:
    """The tokens of an answer of the wanted shape; none where no writer knows it."""
    name = schema_name(body)
    if name not in WRITERS and name not in AGAIN:
        return ()
    material = material_in(body)
    if is_mistake(body, material):
        return tuple(_PIECE.findall(MISTAKE))
    answer = AGAIN[name](material, answers_before(body)) if name in AGAIN else WRITERS[name](material)
    return tuple(_PIECE.findall(msgspec.json.encode(answer).decode()))


def _replies(body: Mapping[str, Any], wanted: int | None, count: int) -> list[tuple[str, ...]]:
    """The tokens of so many answers to a plain question: a word each, with the blank before it."""
    seed = blake2b(repr(body["messages"]).encode("utf-8", "surrogatepass"), digest_size=4).digest()
    start, question = int.from_bytes(seed, "big"), last_user_text(body)
    replies = [reply(question, start + number, wanted) for number in range(count)]
    return [tuple(f" {word}" if place else word for place, word in enumerate(words)) for words in replies]
