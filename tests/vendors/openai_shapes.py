"""Answers in OpenAI's documented shapes: chat.completion, chat.completion.chunk, usage, logprobs, tool calls."""

import json
import time
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from msgspec import Struct

from tests.vendors.directives import Directives, text_of

MODELS = ("fake-small", "fake-large")
FINGERPRINT = "fp_fakevendor"
PROSE = "the quick brown fox jumps over the lazy dog and goes home again by night".split()  # noqa: SIM905
PROMPT_TOKENS_PER_MESSAGE = 4


class Choice(Struct, frozen=True, kw_only=True):
    """One choice: its tokens, or the tool call that it makes instead."""

    index: int
    tokens: tuple[str, ...]
    finish_reason: str
    tool: str = ""
    arguments: tuple[str, ...] = ()
    """The tool call's JSON in the pieces in which it is streamed."""


def choices_for(body: Mapping[str, Any], asked: Directives) -> tuple[Choice, ...]:
    """What the model says, within the request's output limit."""
    limit = body.get("max_completion_tokens") or body.get("max_tokens") or 16_384
    return tuple(_choice(body, asked, limit, index) for index in range(body.get("n") or 1))


def usage_for(body: Mapping[str, Any], asked: Directives, choices: tuple[Choice, ...]) -> dict[str, Any]:
    """What is billed."""
    prompt = sum(
        PROMPT_TOKENS_PER_MESSAGE + len(text_of(message).split()) for message in body.get("messages", ())
    )
    completion = sum(len(choice.tokens) + len(choice.arguments) for choice in choices) + asked.more
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion + asked.reasoning,
        "total_tokens": prompt + completion + asked.reasoning,
        "prompt_tokens_details": {"cached_tokens": min(asked.cached, prompt), "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": asked.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def head(body: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """What every answer and every chunk of it begins with."""
    seed = blake2b(json.dumps(body.get("messages")).encode(), digest_size=12).hexdigest()
    return {
        "id": f"chatcmpl-{seed}",
        "object": kind,
        "created": int(time.time()),
        "model": f"{body['model']}-2026-01-01",
        "service_tier": "default",
        "system_fingerprint": FINGERPRINT,
    }


def model_object(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 1_700_000_000, "owned_by": "fake-vendor"}


def message_of(choice: Choice) -> dict[str, Any]:
    message: dict[str, Any] = {
        "role": "assistant",
        "content": None if choice.tool else "".join(choice.tokens),
        "refusal": None,
        "annotations": [],
    }
    if choice.tool:
        message["tool_calls"] = [tool_call(choice, "".join(choice.arguments))]
    return message


def tool_call(choice: Choice, arguments: str) -> dict[str, Any]:
    return {
        "id": f"call_{choice.index}",
        "type": "function",
        "function": {"name": choice.tool, "arguments": arguments},
    }


def logprobs_of(tokens: tuple[str, ...], body: Mapping[str, Any]) -> dict[str, Any] | None:
    if not body.get("logprobs"):
        return None
    others = [{"token": "other", "logprob": -3.2, "bytes": None}] * (body.get("top_logprobs") or 0)
    content = [
        {"token": token, "logprob": -0.1, "bytes": list(token.encode()), "top_logprobs": others}
        for token in tokens
    ]
    return {"content": content, "refusal": None}


def _choice(body: Mapping[str, Any], asked: Directives, limit: int, index: int) -> Choice:
    offered = [tool["function"]["name"] for tool in body.get("tools") or () if tool.get("type") == "function"]
    if offered and (asked.tool or body.get("tool_choice") == "required"):
        arguments = ('{"city"', ': "', "Paris", '"}')
        return Choice(
            index=index, tokens=(), finish_reason="tool_calls", tool=offered[0], arguments=arguments
        )
    tokens = _tokens(body, asked, index)
    reason = "stop" if len(tokens) <= limit else "length"
    return Choice(index=index, tokens=tokens[:limit], finish_reason=reason)


def _tokens(body: Mapping[str, Any], asked: Directives, index: int) -> tuple[str, ...]:
    kind = (body.get("response_format") or {}).get("type")
    if kind in ("json_schema", "json_object"):
        return ('{"', "name", '":', ' "', "Ada", '",', ' "', "age", '":', " 36", "}")
    words = [PROSE[(index + place) % len(PROSE)] for place in range(asked.words)]
    tokens = [word if place == 0 else f" {word}" for place, word in enumerate(words)]
    if asked.big and tokens:
        tokens[0] += "x" * asked.big
    return tuple(tokens)
