"""Answers in OpenAI's shape: a chat.completion, and the chunks of a stream."""

import time
from collections.abc import Mapping
from typing import Any

from providers.openai_compatible.lenient_json import encode_lenient
from providers.port import Usage


class Chunks:
    """Makes the chunks of one answer. Their heads are written once, which is most of a chunk."""

    def __init__(self, *, id: str, model: str) -> None:
        head = {"id": id, "object": "chat.completion.chunk", "created": int(time.time()), "model": model}
        self._head = encode_lenient(head)[:-1]

    def delta(self, delta: Mapping[str, Any], *, index: int = 0, finish: str | None = None) -> bytes:
        """A chunk with one choice."""
        reason = b"null" if finish is None else b'"%b"' % finish.encode()
        return b'%b,"choices":[{"index":%d,"delta":%b,"logprobs":null,"finish_reason":%b}]}' % (
            self._head,
            index,
            encode_lenient(delta),
            reason,
        )

    def text(self, text: str, index: int = 0) -> bytes:
        """The usual delta."""
        return self.delta({"content": text}, index=index)

    def usage(self, usage: Usage) -> bytes:
        """The last chunk, of a caller who asked for it."""
        return b'%b,"choices":[],"usage":%b}' % (self._head, encode_lenient(usage_object(usage)))


def usage_object(usage: Usage) -> dict[str, Any]:
    """Usage as OpenAI writes it, in which every part is inside its whole."""
    given, made = usage.input_tokens or 0, usage.output_tokens or 0
    return {
        "prompt_tokens": given,
        "completion_tokens": made,
        "total_tokens": given + made,
        "prompt_tokens_details": {
            "cached_tokens": usage.cached_input_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
        },
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }


def completion(*, id: str, model: str, choices: list[dict[str, Any]], usage: Usage) -> bytes:
    """A whole answer."""
    return encode_lenient(
        {
            "id": id,
            "object": "chat.completion",
            "created": int(time.time()),
            "model": model,
            "choices": choices,
            "usage": usage_object(usage),
        }
    )


def tool_call(*, id: str, name: str, arguments: str, extra: Mapping[str, Any] | None) -> dict[str, Any]:
    """One call of an answer."""
    call = {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}
    return {**call, "extra_content": extra} if extra else call


def choice(message: Mapping[str, Any], *, index: int, finish: str) -> dict[str, Any]:
    """One choice of a whole answer, whose message has no more fields than it has to say."""
    said = {"role": "assistant", "content": None, "refusal": None}
    said |= {name: value for name, value in message.items() if value}
    return {"index": index, "message": said, "logprobs": None, "finish_reason": finish}
