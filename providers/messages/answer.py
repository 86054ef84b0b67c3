"""A whole chat completion as a Message.

Blocks stand in the order in which a stream brings them: what the model thinks, what it says, its calls, each after what
its vendor wants back with it, and at last the words of a refusal. Arguments that are no JSON object are the text under
INVALID, the key that Anthropic's documentation uses for such: an empty input would be another call.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

from providers.messages.carried import carrying
from providers.messages.effort import shows_thinking
from providers.messages.ids import message_id, tool_id
from providers.messages.said import (
    REFUSAL,
    THINKING,
    calls_in,
    first_choice,
    function_in,
    part_of,
    refusal_in,
    texts_in,
)
from providers.messages.stop import stop_of
from providers.messages.usage import usage_object
from providers.port import Usage

INVALID = "INVALID_JSON"
Block = dict[str, Any]


def whole_of(answer: Mapping[str, Any], *, asked: Mapping[str, Any], usage: Usage) -> dict[str, Any]:
    """The Message of a decoded `chat.completion`."""
    choice = first_choice(answer)
    message = part_of(choice, "message")
    id = message_id(answer.get("id"), uuid4().hex)
    refusal = refusal_in(message)
    content = [*_texts(message, shows=shows_thinking(asked)), *_calls(message, id)]
    if refusal:
        content.append(block_of(REFUSAL, refusal))
    return {
        **head(id, answer.get("model"), asked),
        "content": content,
        **stop_of(choice, asked, has_calls=bool(calls_in(message)), refusal=refusal),
        "usage": usage_object(usage),
    }


def head(id: str, model: object, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of an answer from its beginning."""
    named = model if isinstance(model, str) and model else str(asked.get("model") or "")
    return {"id": id, "type": "message", "role": "assistant", "model": named}


def block_of(kind: str, text: str) -> Block:
    """What the model thinks has no signature: none but Anthropic's own models make one."""
    return (
        {"type": "thinking", "thinking": text, "signature": ""}
        if kind == THINKING
        else {"type": "text", "text": text}
    )


def made_id(message: str, place: int) -> str:
    """For a call whose vendor gave it none."""
    return f"toolu_{message.removeprefix('msg_')}_{place}"


def _texts(message: Mapping[str, Any], *, shows: bool) -> Iterator[Block]:
    """Texts of one kind that follow each other are one block."""
    open_kind, texts = "", list[str]()
    for kind, text in texts_in(message):
        if kind == THINKING and not shows:
            continue
        if kind != open_kind and texts:
            yield block_of(open_kind, "".join(texts))
            texts = []
        open_kind = kind
        texts.append(text)
    if texts:
        yield block_of(open_kind, "".join(texts))


def _calls(message: Mapping[str, Any], message_id: str) -> Iterator[Block]:
    for place, call in enumerate(calls_in(message)):
        given = call.get("id")
        id = tool_id(given) if isinstance(given, str) and given else made_id(message_id, place)
        extra = call.get("extra_content")
        if isinstance(extra, Mapping) and (block := carrying(id, extra)) is not None:
            yield block
        name, arguments = function_in(call)
        yield {"type": "tool_use", "id": id, "name": name, "input": input_of(arguments)}


def input_of(arguments: str) -> dict[str, Any]:
    """The arguments of a call as the object that they are the text of."""
    if not arguments.strip():
        return {}
    try:
        value = json.loads(arguments)
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, dict) else {INVALID: arguments}
