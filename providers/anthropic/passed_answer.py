"""Anthropic's answers to who speaks its protocol: they pass as they came, and what they cost is read on the way."""

from collections.abc import Iterator, Mapping
from typing import Any

from providers.anthropic.answer import Said
from providers.anthropic.thinking import may_think
from providers.anthropic.usage import AnthropicFigures
from providers.messages.usage import running_usage
from providers.openai_compatible.errors import broken, error_within
from providers.openai_compatible.final_usage import usage_of_answer
from providers.openai_compatible.lenient_json import (
    NotJson,
    as_object,
    decode_object,
    encode_lenient,
    on_one_line,
)
from providers.port import Chunk, Completion, ProviderCall, Usage
from providers.translated.event_stream import EventStream, short_text

PING, STOP = "ping", b'{"type":"message_stop"}'
TEXTS = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}
"""Kinds of deltas that the model wrote → their text."""
BLOCK_TEXTS = ("text", "thinking", "name")
KNOWN_BLOCKS = frozenset({"text", "thinking", "tool_use"})


async def passed_completion(body: bytes, call: ProviderCall, api_key: str) -> Completion:
    """A whole answer. Raises ProviderError for what is none."""
    try:
        answer = decode_object(body)
        shown = as_object(body)
    except NotJson:
        raise broken("its answer is not valid JSON") from None
    if answer.get("error"):
        raise error_within(answer["error"], api_key, began=False)
    blocks = answer.get("content")
    if not isinstance(blocks, list):
        raise broken("its answer holds no content")
    said, figures = Said(call.model), AnthropicFigures()
    figures.add(answer.get("usage"))
    for block in blocks:
        if isinstance(block, Mapping):
            said.add(block)
    usage = await usage_of_answer(call, figures, said.generated, figures.tier)
    return Completion(body=shown, model=short_text(answer.get("model")) or call.model, usage=usage)


def count_in(body: bytes) -> int:
    """The answer to who only wants to know how many tokens a request has. Raises ProviderError."""
    try:
        count = decode_object(body).get("input_tokens")
    except NotJson:
        raise broken("its answer is not valid JSON") from None
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        raise broken("its answer holds no count of tokens")
    return count


class PassedStream(EventStream):
    """The vendor's events as they came. The last `message_delta` is held back until nothing can come after it but
    `message_stop`: what the answer is charged for goes with it.
    """

    def __init__(self, call: ProviderCall, api_key: str) -> None:
        thinks = may_think(call.body, call.model, call.traits)
        self._figures = AnthropicFigures()
        super().__init__(call, api_key, self._figures, may_think=thinks)
        self._model = ""
        self._ended = False
        self._held: tuple[dict[str, Any], bytes] | None = None

    @property
    def is_complete(self) -> bool:
        return self._ended

    def _chunks(self, events: list[bytes]) -> Iterator[Chunk]:
        for event, data in self._decoded(events):
            kind = event.get("type")
            self._note(kind, event)
            if self.done:
                return
            if kind != PING:
                yield from self._let_go()
            if kind == "message_delta":
                self._held = event, data
            else:
                yield self._chunk(data)

    def _last_chunks(self, usage: Usage) -> Iterator[Chunk]:
        data = b""
        if self._held is not None:
            event, data = self._held
            data = on_one_line(data)
            if not isinstance(event.get("usage"), Mapping):  # the SDKs cannot do without
                data = encode_lenient({**event, "usage": running_usage(usage)})
        yield Chunk(data=data, model=self._model, usage=usage)
        yield Chunk(data=STOP, model=self._model)

    def _let_go(self) -> Iterator[Chunk]:
        if self._held is not None:
            (_, data), self._held = self._held, None
            yield self._chunk(data)

    def _chunk(self, data: bytes) -> Chunk:
        return Chunk(data=on_one_line(data), model=self._model)

    def _note(self, kind: object, event: Mapping[str, Any]) -> None:
        """What the event says of what was generated, and of what it costs."""
        match kind:
            case "content_block_delta":
                delta = _part(event, "delta")
                if (name := TEXTS.get(str(delta.get("type")))) is not None:
                    self._generated.add(delta.get(name))
            case "content_block_start":
                self._note_block(_part(event, "content_block"))
            case "message_start":
                message = _part(event, "message")
                self._model = short_text(message.get("model")) or self._call.model
                self._figures.begin(message.get("usage"))
            case "message_delta":
                self._reported.add(event.get("usage"))
                self._ended = self._ended or bool(_part(event, "delta").get("stop_reason"))
            case "message_stop":
                self._ended = self.done = True

    def _note_block(self, block: Mapping[str, Any]) -> None:
        if str(block.get("type")) not in KNOWN_BLOCKS:
            self._generated.add(dict(block))
            return
        for name in BLOCK_TEXTS:
            self._generated.add(block.get(name))
        if block.get("input"):
            self._generated.add(encode_lenient(block["input"]).decode())


def _part(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = event.get(name)
    return part if isinstance(part, Mapping) else {}
