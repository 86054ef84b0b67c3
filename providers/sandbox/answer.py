"""What the sandbox says: derived from the request by hash, so the same request gets the same answer."""

import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import msgspec
from msgspec import Struct

from providers.port import Usage
from providers.sandbox.directives import Directives, text_of
from providers.sandbox.written import AGAIN, WRITERS, answers_before, is_mistake, material_in, schema_name

MESSAGE_TOKENS = 4
"""What the role markers of one message count."""
ANSWER_TOKENS = range(12, 41)
"""How long an answer wants to be, unless a directive says."""
MISTAKE = '{"sandbox": "a mistake, as asked"'
"""Neither JSON nor of any shape."""
_PIECE = re.compile(r"\s*(?:\w{1,8}|[^\w\s])|\s+$")
"""A written answer's tokens, with the blanks before them."""
_TOKEN = re.compile(r"\w{1,8}|[^\w\s]")
_PROSE = (
    "this answer comes from the sandbox and no model was asked the words are chosen by hash so that "
    "equal requests get equal answers in every run on every machine without any network at all"
)
_WORDS = _PROSE.split()


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
    seed = blake2b(repr(body["messages"]).encode("utf-8", "surrogatepass"), digest_size=16).digest()
    wanted = ANSWER_TOKENS[seed[0] % len(ANSWER_TOKENS)] if asked.words is None else asked.words
    written = _written(body)
    if written:
        wanted = len(written)
    limit = body.get("max_completion_tokens") or body.get("max_tokens") or wanted
    length = min(wanted, limit)
    choices = tuple(
        written[:length] if written else _tokens(seed, number, length) for number in range(body.get("n") or 1)
    )
    return SandboxAnswer(
        choices=choices,
        finish_reason="stop" if length == wanted else "length",
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


def _tokens(seed: bytes, choice: int, length: int) -> tuple[str, ...]:
    start = int.from_bytes(seed[1:5], "big") + choice
    words = ["[sandbox]", *(_WORDS[(start + place) % len(_WORDS)] for place in range(length))][:length]
    return tuple(word if place == 0 else f" {word}" for place, word in enumerate(words))
