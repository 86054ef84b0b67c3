"""Chat answers for the translation to read, and what it makes of them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from providers.port import Usage
from providers.responses.answer import whole_of
from providers.responses.events import ResponsesEvents

USAGE = Usage(
    input_tokens=12, output_tokens=7, cached_input_tokens=4, cache_write_tokens=3, reasoning_tokens=2
)
ASKED: dict[str, Any] = {"model": "asked", "input": "hello"}
HEAD = {"id": "chatcmpl-abc", "created": 1_790_000_000, "model": "small-2026"}


def call(id: str, name: str, arguments: str, **fields: Any) -> dict[str, Any]:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}, **fields}


def completion(message: Mapping[str, Any], *, finish: str = "stop", **fields: Any) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    return {**HEAD, "object": "chat.completion", "choices": [{**choice, **fields}]}


def chunk(delta: Mapping[str, Any], *, finish: str | None = None, **fields: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": dict(delta), "finish_reason": finish, **fields}
    return {**HEAD, "object": "chat.completion.chunk", "choices": [choice]}


def piece(index: int, arguments: str = "", **fields: Any) -> dict[str, Any]:
    """A delta with more of a tool call; with an id and a name it begins."""
    function = {"arguments": arguments, **({"name": fields.pop("name")} if "name" in fields else {})}
    return {"tool_calls": [{"index": index, "function": function, **fields}]}


def whole(answer: Mapping[str, Any], **asked: Any) -> dict[str, Any]:
    return whole_of(answer, asked={**ASKED, **asked}, usage=USAGE)


def streamed(chunks: Sequence[Mapping[str, Any]], **asked: Any) -> list[dict[str, Any]]:
    """All events, as a client decodes them."""
    events = ResponsesEvents(asked={**ASKED, **asked}, attempt_id="a-1")
    made = [event for each in chunks for event in events.feed(each)]
    decoded: list[dict[str, Any]] = json.loads(json.dumps([*made, *events.end(USAGE)]))
    return decoded


def types(events: Sequence[Mapping[str, Any]]) -> list[str]:
    return [event["type"].removeprefix("response.") for event in events]
