"""A vendor's stream, translated event by event to chunks of a chat completion."""

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any

from providers.port import Chunk, ProviderCall, Usage
from providers.translated.event_stream import EventStream, short_text
from providers.translated.reported import Figures
from providers.translated.shapes import Chunks


class TranslatedStream(EventStream):
    """What the events so far have said. Every failure is a ProviderError, after the chunks before it."""

    def __init__(self, call: ProviderCall, api_key: str, reported: Figures, *, may_think: bool) -> None:
        """`may_think`: the model may generate tokens that it does not show."""
        super().__init__(call, api_key, reported, may_think=may_think)
        self._made = Chunks(id=f"chatcmpl-{call.attempt_id}", model=call.model)
        self._model = ""

    @abstractmethod
    def _read(self, event: dict[str, Any]) -> Iterator[bytes]:
        """The chunks of an event that is no error."""

    @abstractmethod
    def _last(self) -> Iterator[bytes]:
        """What is still to be said when the stream has ended in good order."""

    def _begin(self, id: object, model: object) -> None:
        """Name the answer as the vendor names it."""
        self._model = short_text(model) or self._call.model
        self._made = Chunks(id=short_text(id) or f"chatcmpl-{self._call.attempt_id}", model=self._model)

    def _chunks(self, events: list[bytes]) -> Iterator[Chunk]:
        for event, _ in self._decoded(events):
            for made in self._read(event):
                yield Chunk(data=made, model=self._model)

    def _last_chunks(self, usage: Usage) -> Iterator[Chunk]:
        for data in self._last():
            yield Chunk(data=data, model=self._model)
        yield Chunk(data=self._made.usage(usage), model=self._model, usage=usage, only_usage=True)
