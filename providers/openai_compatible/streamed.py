"""A vendor's stream, read event by event: a value that takes bytes and gives chunks, without any I/O."""

from collections.abc import Iterator
from typing import Any

import msgspec

from providers.openai_compatible.answer import estimated_usage
from providers.openai_compatible.errors import broken, error_within
from providers.openai_compatible.events import EventParser, EventTooLarge
from providers.openai_compatible.wire import Choice, facts_of, texts_of
from providers.port import Chunk, ProviderCall, Usage

DONE = b"[DONE]"
MAX_EVENT_BYTES = 4 * 1024 * 1024
MAX_STREAM_BYTES = 64 * 1024 * 1024
"""For a vendor that never ends; the call's deadline is the other bound."""
MAX_COUNTED_TEXT = 4 * 1024 * 1024


class StreamedAnswer:
    """What the events so far have said. Every failure is a ProviderError, after the chunks before it."""

    def __init__(self, call: ProviderCall, api_key: str) -> None:
        self._call = call
        self._api_key = api_key
        self._parser = EventParser(MAX_EVENT_BYTES)
        self._length = 0
        self._model = ""
        self._first = b"{}"
        self._finished = False
        self._reported = False
        self._texts: list[str] = []
        self._text_length = 0
        self.done = False
        """Whether `[DONE]` was read."""

    def feed(self, data: bytes) -> Iterator[Chunk]:
        """The chunks that these bytes complete, up to `[DONE]`."""
        self._length += len(data)
        if self._length > MAX_STREAM_BYTES:
            raise broken(f"its stream is longer than {MAX_STREAM_BYTES:,} bytes")
        try:
            events = self._parser.feed(data)
        except EventTooLarge:
            raise broken(f"an event of its stream is longer than {MAX_EVENT_BYTES:,} bytes") from None
        return self._chunks(events)

    async def end(self) -> list[Chunk]:
        """The last chunks: what came without its blank line, and the usage, estimated where none was reported."""
        chunks = list(self._chunks(self._parser.end()))
        if not (self.done or self._finished):
            raise broken("its stream ended before its answer did")
        if not self._reported:
            usage = await estimated_usage(self._call, self._texts)
            if usage is not None:
                chunks.append(self._usage_chunk(usage))
        return chunks

    def _chunks(self, events: list[bytes]) -> Iterator[Chunk]:
        for event in events:
            if event == DONE:
                self.done = True
                return
            yield self._chunk(event)

    def _chunk(self, event: bytes) -> Chunk:
        try:
            facts = facts_of(event)
        except msgspec.DecodeError:
            raise broken("an event of its stream is not valid JSON") from None
        if facts.error is not None:
            raise error_within(facts.error, self._api_key)
        if not self._model:
            self._model, self._first = facts.model, event
        usage = facts.usage
        if usage is not None:
            self._reported = True
        for choice in facts.choices:
            self._remember(choice)
        only_usage = usage is not None and not facts.choices
        self._finished = self._finished or only_usage
        return Chunk(data=event, model=facts.model, usage=usage, only_usage=only_usage)

    def _remember(self, choice: Choice) -> None:
        if choice.finish_reason:
            self._finished = True
        if choice.delta is not None and not self._reported and self._text_length < MAX_COUNTED_TEXT:
            for text in texts_of(choice.delta):
                self._texts.append(text)
                self._text_length += len(text)

    def _usage_chunk(self, usage: Usage) -> Chunk:
        """For a caller who asked for usage, in the shape of the vendor's other chunks."""
        first: dict[str, Any] = msgspec.json.decode(self._first)
        data = {
            "id": first.get("id", ""),
            "object": "chat.completion.chunk",
            "created": first.get("created", 0),
            "model": self._model,
            "choices": [],
            "usage": {
                "prompt_tokens": usage.input_tokens,
                "completion_tokens": usage.output_tokens,
                "total_tokens": usage.input_tokens + usage.output_tokens,
            },
        }
        return Chunk(data=msgspec.json.encode(data), model=self._model, usage=usage, only_usage=True)
