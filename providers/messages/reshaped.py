"""A whole Message to who asked for a stream as events, and a stream to who asked for none as a whole Message."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from providers.messages.answer import INVALID
from providers.openai_compatible.errors import broken
from providers.openai_compatible.lenient_json import NotJson, decode_object, encode_lenient
from providers.other_form import Reader
from providers.port import Chunk, Completion

Event = dict[str, Any]
STOP_FIELDS = ("stop_reason", "stop_sequence", "stop_details", "container")
TEXTS = {"text": "text_delta", "thinking": "thinking_delta", "signature": "signature_delta"}
"""Fields of blocks that grow → the kind of delta that makes them grow."""
GROWS = {kind: field for field, kind in TEXTS.items()}


def events_of_completion(completion: Completion) -> list[Chunk]:
    """The events of a whole answer. Raises ProviderError."""
    try:
        datas = [encode_lenient(event) for event in events_of(decode_object(completion.body))]
    except (NotJson, RecursionError):
        raise broken("its answer is nested too deeply") from None
    *before, last, stop = datas
    return [
        *[Chunk(data=data, model=completion.model) for data in before],
        Chunk(data=last, model=completion.model, usage=completion.usage),
        Chunk(data=stop, model=completion.model),
    ]


async def message_of_events(body: bytes, reader: Reader) -> Completion:
    """The whole answer that a stream says. Raises ProviderError."""
    chunks = [*reader.feed(body), *await reader.end()]
    whole = WholeMessage()
    try:
        for chunk in chunks:
            if chunk.data:
                whole.add(decode_object(chunk.data))
        shown = encode_lenient(whole.message())
    except (NotJson, RecursionError):
        raise broken("its answer is nested too deeply") from None
    charged = next((chunk for chunk in reversed(chunks) if chunk.usage is not None), None)
    if charged is None or charged.usage is None:
        raise AssertionError("one chunk of a stream has its usage")
    return Completion(body=shown, model=charged.model, usage=charged.usage)


def events_of(message: Mapping[str, Any]) -> Iterator[Event]:
    """Each block as a start, a delta for each of its texts and a stop."""
    begun = {**message, "content": [], "stop_reason": None, "stop_sequence": None}
    yield {"type": "message_start", "message": begun}
    blocks = message.get("content")
    for index, block in enumerate(blocks if isinstance(blocks, list) else ()):
        if not isinstance(block, Mapping):
            continue
        deltas = list(_deltas(block))
        empty: Event = {field: {} if field == "input" else "" for field, _ in deltas}
        yield {"type": "content_block_start", "index": index, "content_block": {**block, **empty}}
        for _, delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    stop = {name: message[name] for name in STOP_FIELDS if name in message}
    yield {"type": "message_delta", "delta": stop, "usage": message.get("usage") or {"output_tokens": 0}}
    yield {"type": "message_stop"}


def _deltas(block: Mapping[str, Any]) -> Iterator[tuple[str, Event]]:
    """What makes an empty block this one, each with the field that it fills."""
    if block.get("type") == "tool_use":
        if block.get("input"):
            text = encode_lenient(block["input"]).decode()
            yield "input", {"type": "input_json_delta", "partial_json": text}
    elif block.get("type") in ("text", "thinking"):
        for field, kind in TEXTS.items():
            if isinstance(block.get(field), str) and block[field]:
                yield field, {"type": kind, field: block[field]}


class WholeMessage:
    """Events put together again."""

    def __init__(self) -> None:
        self._message: Event = {"type": "message", "role": "assistant"}
        self._blocks: dict[int, Event] = {}
        self._texts: dict[tuple[int, str], list[str]] = {}
        """Pieces of texts that grow, by block and field."""
        self._citations: dict[int, list[Any]] = {}

    def add(self, event: Mapping[str, Any]) -> None:
        index = event.get("index")
        number = index if isinstance(index, int) else 0
        match event.get("type"):
            case "message_start" if isinstance(event.get("message"), Mapping):
                self._message |= event["message"]
            case "content_block_start" if isinstance(event.get("content_block"), Mapping):
                self._blocks[number] = dict(event["content_block"])
            case "content_block_delta" if isinstance(event.get("delta"), Mapping):
                self._grow(number, event["delta"])
            case "message_delta":
                if isinstance(event.get("delta"), Mapping):
                    self._message |= event["delta"]
                if isinstance(event.get("usage"), Mapping):
                    known = self._message.get("usage")
                    self._message["usage"] = (known if isinstance(known, dict) else {}) | event["usage"]

    def message(self) -> Event:
        for (number, field), pieces in self._texts.items():
            block, text = self._blocks.setdefault(number, {"type": "text", "text": ""}), "".join(pieces)
            block[field] = _input_of(text) if field == "input" else str(block.get(field) or "") + text
        for number, citations in self._citations.items():
            self._blocks.setdefault(number, {"type": "text", "text": ""})["citations"] = citations
        return self._message | {"content": [self._blocks[number] for number in sorted(self._blocks)]}

    def _grow(self, number: int, delta: Mapping[str, Any]) -> None:
        kind = str(delta.get("type"))
        if kind == "citations_delta":
            self._citations.setdefault(number, []).append(delta.get("citation"))
            return
        field = GROWS.get(kind)
        text = delta.get("partial_json" if field is None else field)
        if isinstance(text, str) and text:
            self._texts.setdefault((number, field or "input"), []).append(text)


def _input_of(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return {INVALID: text}
