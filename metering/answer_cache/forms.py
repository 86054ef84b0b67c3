"""An answer in the other form than it came in: events of a whole one, and the whole of a stream."""

from collections.abc import Iterable
from typing import Protocol

from metering.answer_cache.part import Part


class NoOtherForm(ValueError):
    """The answer can only be given as it came."""


class AnswerForms(Protocol):
    """Who knows a protocol's answers (chosen by wiring)."""

    def whole_of(self, events: Iterable[bytes]) -> bytes:
        """The whole answer that these events say. Raises NoOtherForm."""
        ...

    def events_of(self, body: bytes) -> list[Part]:
        """The events of a whole answer. Raises NoOtherForm."""
        ...
