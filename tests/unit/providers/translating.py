"""Reads the files of `fixtures/wire` as a provider does, without a network."""

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, TypeVar

import msgspec

from metering.ports import Progress
from providers.anthropic.answer import completion_of as anthropic_completion
from providers.anthropic.streamed import AnthropicStream
from providers.gemini.answer import completion_of as gemini_completion
from providers.gemini.streamed import GeminiStream
from providers.port import Chunk, Completion, Usage
from providers.translated.streamed import TranslatedStream

T = TypeVar("T")
_loop = asyncio.new_event_loop()
CHARGED = (
    "input_tokens",
    "output_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "cache_write_1h_tokens",
    "reasoning_tokens",
)


def run(work: Coroutine[Any, Any, T]) -> T:
    """On one loop for all cases: a loop for each costs more than the case."""
    return _loop.run_until_complete(work)


def a_call(model: str, **fields: Any) -> Any:
    """A call with these fields; the messages are a greeting where none are given."""
    body = {"model": model, "messages": [{"role": "user", "content": "hello"}], "max_tokens": 5_000, **fields}
    return SimpleNamespace(
        model=model,
        body=body,
        payload=msgspec.json.encode(body),
        asked=body,
        output_limit=body["max_tokens"],
        traits={},
        progress=Progress(),
        attempt_id="a-1",
        protocol="chat",
        headers={},
        timeout_s=5,
    )


def framed(events: Sequence[dict[str, Any]]) -> bytes:
    """A stream of them."""
    texts = [
        (f"event: {event['type']}\n" if "type" in event else "")
        + f"data: {json.dumps(event, ensure_ascii=False)}\n\n"
        for event in events
    ]
    return "".join(texts).encode()


@dataclass(frozen=True)
class Translation:
    """One protocol: a model of it, and what reads its answers."""

    model: str
    completion_of: Callable[[Mapping[str, Any], Any], Coroutine[Any, Any, Completion]]
    stream: Callable[[Any, str], TranslatedStream]

    def whole_of(self, answer: Mapping[str, Any], **fields: Any) -> tuple[dict[str, Any], Usage]:
        """What becomes of a whole answer, and its charge."""
        completion = run(self.completion_of(answer, a_call(self.model, **fields)))
        return json.loads(completion.body), completion.usage

    def streamed(self, events: Sequence[dict[str, Any]], **fields: Any) -> list[Chunk]:
        """The chunks of a stream that comes at once."""
        return read(self.reader(**fields), [framed(events)])

    def reader(self, **fields: Any) -> TranslatedStream:
        return self.stream(a_call(self.model, **fields), "key")


ANTHROPIC = Translation("claude-sonnet-5", anthropic_completion, AnthropicStream)
GEMINI = Translation("gemini-3-pro-preview", gemini_completion, GeminiStream)
TRANSLATIONS = {"anthropic": ANTHROPIC, "gemini": GEMINI}


def read(stream: TranslatedStream, pieces: Sequence[bytes]) -> list[Chunk]:
    """All chunks of a stream that comes in these pieces."""
    chunks = [chunk for piece in pieces for chunk in stream.feed(piece)]
    return chunks + run(stream.end())


def deltas_of(chunks: Sequence[Chunk]) -> list[dict[str, Any]]:
    """What each chunk adds, without the chunk of the usage."""
    decoded = [json.loads(chunk.data) for chunk in chunks if not chunk.only_usage]
    return [chunk["choices"][0]["delta"] for chunk in decoded]


def finish_of(chunks: Sequence[Chunk]) -> str | None:
    decoded = [json.loads(chunk.data) for chunk in chunks if not chunk.only_usage]
    return next((reason for each in decoded if (reason := each["choices"][0]["finish_reason"])), None)


def charged(usage: Usage | None) -> dict[str, int | None]:
    assert usage is not None
    return {name: getattr(usage, name) for name in CHARGED}


def joined(deltas: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The message that the deltas come to, as OpenAI's SDK puts them together; arguments are read as JSON."""
    message: dict[str, Any] = {}
    calls: dict[int, dict[str, Any]] = {}
    for delta in deltas:
        for name, value in delta.items():
            if name == "tool_calls":
                for piece in value:
                    call = calls.setdefault(piece["index"], {**piece, "function": {**piece["function"]}})
                    if call["id"] != piece.get("id"):
                        call["function"]["arguments"] += piece["function"]["arguments"]
            elif name != "role":
                message[name] = message.get(name, "") + value
    if calls:
        message["tool_calls"] = [
            {name: value for name, value in calls[index].items() if name != "index"}
            for index in sorted(calls)
        ]
    return with_arguments_read(message)


def with_arguments_read(message: dict[str, Any]) -> dict[str, Any]:
    """Without what says nothing, so that a whole answer and a stream can be compared."""
    said = {name: value for name, value in message.items() if value and name != "role"}
    for call in said.get("tool_calls", []):
        call["function"] = {**call["function"], "arguments": json.loads(call["function"]["arguments"])}
    return said
