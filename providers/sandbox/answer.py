"""What the sandbox says: derived from the request by hash, so the same request gets the same answer."""

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from providers.port import Usage
from providers.sandbox.chat import LABEL, reply
from providers.sandbox.directives import Directives, last_user_text, text_of
from providers.sandbox.filled import filled
from providers.sandbox.tokens import count_tokens, pieces_of
from providers.sandbox.tools import ToolCall, calls_for, quoted_results, within
from providers.sandbox.written import (
    AGAIN,
    WRITERS,
    answers_before,
    is_mistake,
    material_in,
    schema_name,
    shape_of,
)

MESSAGE_TOKENS = 4
"""What the role markers of one message count."""
MISTAKE = '{"sandbox": "a mistake, as asked"'
"""Neither JSON nor of any shape."""


class SandboxAnswer(Struct, frozen=True, kw_only=True):
    """One answer: its choices as lists of tokens, the calls that each of them makes, and how each ended."""

    choices: tuple[tuple[str, ...], ...]
    calls: tuple[ToolCall, ...] = ()
    finish_reason: str
    usage: Usage


def answer_to(body: Mapping[str, Any], asked: Directives) -> SandboxAnswer:
    """The answer, within the request's output limit."""
    limit = body.get("max_completion_tokens") or body.get("max_tokens")
    calls = calls_for(body)
    answer = _calling(body, calls, limit) if calls else _saying(body, asked, limit)
    if not asked.overrun:
        return answer
    more = (answer.usage.output_tokens or 0) + asked.overrun
    return replace(answer, usage=replace(answer.usage, output_tokens=more))


def _calling(body: Mapping[str, Any], calls: tuple[ToolCall, ...], limit: int | None) -> SandboxAnswer:
    """An answer that calls tools, and says nothing."""
    count = body.get("n") or 1
    made = calls if limit is None else tuple(within(calls, limit))
    return SandboxAnswer(
        choices=((),) * count,
        calls=made,
        finish_reason="tool_calls" if made == calls else "length",
        usage=Usage(input_tokens=_input(body), output_tokens=count * sum(call.tokens for call in made)),
    )


def _saying(body: Mapping[str, Any], asked: Directives, limit: int | None) -> SandboxAnswer:
    """An answer in words."""
    written = _quoting(body) or _written(body)
    count = body.get("n") or 1
    words = asked.words if asked.words is None or limit is None else min(asked.words, limit)
    said = [written] * count if written else _replies(body, words, count)
    whole = [_until(body.get("stop"), tokens) for tokens in said]
    choices = tuple(tokens[:limit] for tokens in whole)
    wanted = max(map(len, whole)) if written or asked.words is None or whole != said else asked.words
    return SandboxAnswer(
        choices=choices,
        finish_reason="stop" if wanted <= (limit or wanted) else "length",
        usage=Usage(input_tokens=_input(body), output_tokens=sum(map(len, choices))),
    )


def _until(stop: object, tokens: tuple[str, ...]) -> tuple[str, ...]:
    """The tokens before the first of the texts that end an answer."""
    stops = [text for text in (stop if isinstance(stop, list) else [stop]) if isinstance(text, str) and text]
    text = "".join(tokens) if stops else ""
    end = min((place for each in stops if (place := text.find(each)) >= 0), default=None)
    if end is None:
        return tokens
    kept: list[str] = []
    for token in tokens:
        kept.append(token[:end])
        end -= len(token)
        if end <= 0:
            break
    return tuple(piece for piece in kept if piece)


def _input(body: Mapping[str, Any]) -> int:
    """The tokens of the messages, and of the tools and their calls as JSON."""
    tokens = 0
    for message in body["messages"]:
        tokens += count_tokens(text_of(message)) + MESSAGE_TOKENS
        if message.get("tool_calls"):
            tokens += _json_tokens(message["tool_calls"])
    return tokens + (_json_tokens(body["tools"]) if body.get("tools") else 0)


def _json_tokens(value: object) -> int:
    return count_tokens(_json(value))


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _quoting(body: Mapping[str, Any]) -> tuple[str, ...]:
    """The tokens of an answer that tells what tools said; none where none said anything."""
    said = quoted_results(body)
    return pieces_of(f"{LABEL} The tool said: {said}") if said else ()


def _written(body: Mapping[str, Any]) -> tuple[str, ...]:
    """The tokens of an answer of the wanted shape, by its writer or made of its schema; none where none is wanted."""
    name = schema_name(body)
    if name not in WRITERS and name not in AGAIN:
        shape = shape_of(body)
        return () if shape is None else pieces_of(_json(filled(shape)))
    material = material_in(body)
    if is_mistake(body, material):
        return pieces_of(MISTAKE)
    answer = AGAIN[name](material, answers_before(body)) if name in AGAIN else WRITERS[name](material)
    return pieces_of(msgspec.json.encode(answer).decode())


def _replies(body: Mapping[str, Any], wanted: int | None, count: int) -> list[tuple[str, ...]]:
    """The tokens of so many answers to a plain question: a word each, with the blank before it."""
    seed = blake2b(repr(body["messages"]).encode("utf-8", "surrogatepass"), digest_size=4).digest()
    start, question = int.from_bytes(seed, "big"), last_user_text(body)
    replies = [reply(question, start + number, wanted) for number in range(count)]
    return [tuple(f" {word}" if place else word for place, word in enumerate(words)) for words in replies]
