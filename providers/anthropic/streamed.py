"""Anthropic's events as chunks of a chat.completion, tool arguments piece by piece as they come."""

from collections.abc import Iterator, Mapping
from typing import Any

from providers.anthropic.answer import FINISH, refused_with, taken_along, thought
from providers.anthropic.thinking import may_think
from providers.anthropic.usage import AnthropicFigures
from providers.openai_compatible.errors import broken
from providers.openai_compatible.lenient_json import encode_lenient
from providers.port import ProviderCall
from providers.translated.event_stream import short_text
from providers.translated.shapes import tool_call
from providers.translated.streamed import TranslatedStream

MAX_CALLS = 1_024
"""Tool calls of one answer."""


class _Call:
    """A tool call whose block is open."""

    __slots__ = ("given", "has_arguments", "index")

    def __init__(self, index: int, given: object) -> None:
        self.index = index
        self.given = given
        """Arguments that came with the beginning, as some servers send them."""
        self.has_arguments = False


class AnthropicStream(TranslatedStream):
    """`message_start`, then block by block a start, deltas and a stop, then `message_delta` and `message_stop`."""

    def __init__(self, call: ProviderCall, api_key: str) -> None:
        thinks = may_think(call.body, call.model, call.traits)
        self._figures = AnthropicFigures()
        super().__init__(call, api_key, self._figures, may_think=thinks)
        self._open: dict[int, _Call] = {}
        """Tool calls by the number of their block."""
        self._texts: dict[int, list[str]] = {}
        """Thoughts that have not ended, by the number of their block."""
        self._signatures: dict[int, str] = {}
        self._thoughts: list[dict[str, Any]] = []
        self._calls = 0
        self._ended = False

    @property
    def is_complete(self) -> bool:
        return self._ended

    def _read(self, event: dict[str, Any]) -> Iterator[bytes]:
        match event.get("type"):
            case "content_block_delta":
                yield from self._delta(_number(event), _part(event, "delta"))
            case "content_block_start":
                yield from self._start(_number(event), _part(event, "content_block"))
            case "content_block_stop":
                yield from self._stop(_number(event))
            case "message_start":
                message = _part(event, "message")
                self._begin(message.get("id"), message.get("model"))
                self._figures.begin(message.get("usage"))
                yield self._made.delta({"role": "assistant", "content": ""})
            case "message_delta":
                self._reported.add(event.get("usage"))
                yield from self._finish(_part(event, "delta"))
            case "message_stop":
                self._ended = self.done = True

    def _last(self) -> Iterator[bytes]:
        yield from ()

    def _delta(self, number: int, delta: Mapping[str, Any]) -> Iterator[bytes]:
        match delta.get("type"):
            case "text_delta":
                text = _text(delta, "text")
                self._generated.add(text)
                yield self._made.text(text)
            case "input_json_delta":
                call, text = self._open.get(number), _text(delta, "partial_json")
                if call is None:
                    raise broken("it sent arguments of a tool call that has not begun")
                if text:
                    call.has_arguments = True
                    self._generated.add(text)
                    yield self._arguments(call, text)
            case "thinking_delta":
                text = _text(delta, "thinking")
                self._texts.setdefault(number, []).append(text)
                self._generated.add(text)
                yield self._made.delta({"reasoning_content": text})
            case "signature_delta":
                self._signatures[number] = self._signatures.get(number, "") + _text(delta, "signature")

    def _start(self, number: int, block: Mapping[str, Any]) -> Iterator[bytes]:
        match block.get("type"):
            case "text":
                if text := _text(block, "text"):
                    self._generated.add(text)
                    yield self._made.text(text)
            case "thinking":
                self._texts[number] = [text := _text(block, "thinking")]
                if signature := _text(block, "signature"):
                    self._signatures[number] = signature
                if text:
                    self._generated.add(text)
                    yield self._made.delta({"reasoning_content": text})
            case "redacted_thinking":
                self._generated.add(dict(block))
                self._thoughts.append({"type": "redacted_thinking", "data": block.get("data")})
            case "tool_use":
                yield self._call_begins(number, block)
            case _:
                self._generated.add(dict(block))

    def _call_begins(self, number: int, block: Mapping[str, Any]) -> bytes:
        if self._calls >= MAX_CALLS:
            raise broken(f"its answer holds more than {MAX_CALLS:,} tool calls")
        call = self._open[number] = _Call(self._calls, block.get("input"))
        self._calls += 1
        name = _text(block, "name")
        self._generated.add(name)
        extra = taken_along(self._thoughts, self._call.model)
        shown = tool_call(id=short_text(block.get("id")), name=name, arguments="", extra=extra)
        return self._made.delta({"tool_calls": [{"index": call.index, **shown}]})

    def _stop(self, number: int) -> Iterator[bytes]:
        call = self._open.pop(number, None)
        if call is not None and not call.has_arguments:
            text = encode_lenient(call.given or {}).decode()
            self._generated.add(text)
            yield self._arguments(call, text)
        texts = self._texts.pop(number, None)
        if texts is not None:
            self._thoughts.append(thought("".join(texts), self._signatures.pop(number, "")))

    def _finish(self, delta: Mapping[str, Any]) -> Iterator[bytes]:
        reason = delta.get("stop_reason")
        if not reason or self._ended:
            return
        self._ended = True
        if words := refused_with(delta):
            yield self._made.delta({"refusal": words})
        yield self._made.delta({}, finish=FINISH.get(str(reason), "stop"))

    def _arguments(self, call: _Call, text: str) -> bytes:
        return self._made.delta({"tool_calls": [{"index": call.index, "function": {"arguments": text}}]})


def _number(event: Mapping[str, Any]) -> int:
    number = event.get("index")
    return number if isinstance(number, int) else 0


def _part(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = event.get(name)
    return part if isinstance(part, Mapping) else {}


def _text(part: Mapping[str, Any], name: str) -> str:
    text = part.get(name)
    return text if isinstance(text, str) else ""
