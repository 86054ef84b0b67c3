"""The sandbox's answers in OpenAI's shape, labelled as the sandbox's in `model` and `system_fingerprint`."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from providers.port import ProviderCall, Usage
from providers.sandbox.answer import SandboxAnswer
from providers.sandbox.tools import ToolCall

FINGERPRINT = "sandbox"


def head(call: ProviderCall, model: str, kind: str) -> dict[str, Any]:
    """What a whole answer and each chunk begin with."""
    return {
        "id": f"chatcmpl-sandbox-{call.attempt_id}",
        "object": kind,
        "created": int(time.time()),
        "model": model,
        "system_fingerprint": FINGERPRINT,
    }


def choices(answer: SandboxAnswer) -> list[dict[str, Any]]:
    """Of a whole answer."""
    return [
        {
            "index": index,
            "message": _message(tokens, answer.calls),
            "logprobs": None,
            "finish_reason": answer.finish_reason,
        }
        for index, tokens in enumerate(answer.choices)
    ]


def deltas(answer: SandboxAnswer) -> list[dict[str, Any]]:
    """Choice by choice: a role, the tokens one by one, the calls with their arguments token by token, an end."""
    return [
        {"index": index, "delta": delta, "finish_reason": answer.finish_reason if not delta else None}
        for index, tokens in enumerate(answer.choices)
        for delta in _deltas(tokens, answer.calls)
    ]


def usage_fields(usage: Usage) -> dict[str, int]:
    return {
        "prompt_tokens": usage.input_tokens or 0,
        "completion_tokens": usage.output_tokens or 0,
        "total_tokens": (usage.input_tokens or 0) + (usage.output_tokens or 0),
    }


def _message(tokens: tuple[str, ...], calls: tuple[ToolCall, ...]) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": "".join(tokens), "refusal": None}
    if calls:
        made = [_call(call, "".join(call.arguments)) for call in calls]
        message |= {"content": message["content"] or None, "tool_calls": made}
    return message


def _deltas(tokens: tuple[str, ...], calls: tuple[ToolCall, ...]) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": None if calls else ""}
    for token in tokens:
        yield {"content": token}
    for number, call in enumerate(calls):
        yield {"tool_calls": [{"index": number, **_call(call, "")}]}
        for token in call.arguments:
            yield {"tool_calls": [{"index": number, "function": {"arguments": token}}]}
    yield {}


def _call(call: ToolCall, arguments: str) -> Mapping[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}
