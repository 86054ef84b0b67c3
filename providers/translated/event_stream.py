"""A vendor's stream of JSON events: a value that takes bytes and gives chunks, without any I/O."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

import msgspec

from providers.openai_compatible.errors import broken, error_within
from providers.openai_compatible.events import BoundedEvents
from providers.openai_compatible.final_usage import usage_of_answer, usage_of_cut
from providers.openai_compatible.generated import Generated
from providers.openai_compatible.lenient_json import NotJson, decode_object
from providers.port import Chunk, ProviderCall, ProviderError, Usage
from providers.translated.reported import Figures

_decode = msgspec.json.Decoder().decode


class EventStream(ABC):
    """What the events so far have said. Every failure is a ProviderError, after the chunks before it."""

    def __init__(self, call: ProviderCall, api_key: str, reported: Figures, *, may_think: bool) -> None:
        """`may_think`: the model may generate tokens that it does not show."""
        self.done = False
        """Whether the vendor said that nothing more comes."""
        self._call = call
        self._api_key = api_key
        self._may_think = may_think
        self._events = BoundedEvents()
        self._reported = reported
        self._generated = Generated()

    @property
    @abstractmethod
    def is_complete(self) -> bool:
        """Whether nothing that matters is missing."""

    @property
    def _may_end(self) -> bool:
        """Whether a stream that ends here, in good order, is whole."""
        return self.is_complete

    @abstractmethod
    def _chunks(self, events: list[bytes]) -> Iterator[Chunk]:
        """The chunks of these events, as far as they come before the end."""

    @abstractmethod
    def _last_chunks(self, usage: Usage) -> Iterator[Chunk]:
        """What is still to be said when the stream has ended in good order, with what it is charged for."""

    def feed(self, data: bytes) -> Iterator[Chunk]:
        """The chunks that these bytes complete."""
        return self._chunks(self._events.feed(data))

    async def end(self) -> list[Chunk]:
        """The last chunks: what came without its blank line, and what the answer is charged for."""
        chunks = [] if self.done else list(self._chunks(self._events.end()))
        if not self._may_end:
            raise await self._unended()
        usage = await usage_of_answer(self._call, self._reported, self._generated, self._reported.tier)
        return [*chunks, *self._last_chunks(usage)]

    async def _unended(self) -> ProviderError:
        """The error for a stream that ends, in good order, before its answer does."""
        return broken("its stream ended before its answer did")

    async def came(self) -> Usage | None:
        """What may be billed where the answer breaks off now; None if nothing came."""
        if self._generated.is_empty and self._reported.is_empty:
            return None
        return await usage_of_cut(
            self._call,
            self._reported,
            self._generated,
            self._reported.tier,
            may_hide_reasoning=self._may_think,
        )

    def _decoded(self, events: list[bytes]) -> Iterator[tuple[dict[str, Any], bytes]]:
        """Each event that is no error, with its bytes, up to the end. Raises ProviderError for one that is."""
        for data in events:
            if self.done:
                return
            try:
                event = _decode(data)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                event = None
            if type(event) is not dict:
                try:
                    event = decode_object(data)
                except NotJson:
                    if self.is_complete:
                        continue  # what comes after the end takes nothing back
                    raise broken("an event of its stream is not valid JSON") from None
            if event.get("error"):
                if self.is_complete:
                    continue
                began = not (self._reported.is_empty and self._generated.is_empty)
                raise error_within(event["error"], self._api_key, began=began)
            yield event, data


NAME_LENGTH = 128


def short_text(value: object) -> str:
    """A name that the vendor gives, bounded; empty for what is none."""
    return value[:NAME_LENGTH].encode("utf-8", "replace").decode() if isinstance(value, str) else ""
