"""An answer in the other form than it came in: chunks of a whole one, and the whole of a stream."""

from collections.abc import Iterable
from typing import Protocol


class NoOtherForm(ValueError):
    """The answer can only be given as it came."""


class AnswerForms(Protocol):
    """Who knows the vendors' form of answers (chosen by wiring)."""

    def whole_of(self, chunks: Iterable[bytes]) -> bytes:
        """The chat.completion that these chunks say. Raises NoOtherForm."""
        ...

    def chunks_of(self, body: bytes) -> list[tuple[bytes, bool]]:
        """The chunks of a chat.completion, each with whether it only tells the usage. Raises NoOtherForm."""
        ...
