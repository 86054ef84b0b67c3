"""The figures of one answer under a vendor's own names: over a stream each counts at its largest, never added."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from providers.openai_compatible.extras import Extras
from providers.openai_compatible.usage import REPORTED_LENGTH, Reading
from providers.openai_compatible.usage_fields import count_of


class Figures(ABC):
    """Collects the usage objects of one answer. Implements `Reported`."""

    def __init__(self) -> None:
        self.extras = Extras()
        self.largest: dict[str, int] = {}
        self.tier = ""
        """What the vendor says it served."""
        self._last: Mapping[str, Any] | None = None

    @property
    def is_empty(self) -> bool:
        return not self.largest

    @property
    def text(self) -> str:
        try:
            text = msgspec.json.encode(self._last).decode()
        except (UnicodeEncodeError, TypeError, RecursionError):
            text = ""
        return text if 0 < len(text) <= REPORTED_LENGTH else msgspec.json.encode(self.largest).decode()

    def add(self, given: object) -> None:
        """One usage object, whatever it is."""
        if not isinstance(given, Mapping):
            return
        self._last = given
        self.extras.read(given)
        for name, value in self._figures(given):
            count = count_of(value)
            if count is not None and count >= self.largest.get(name, 0):
                self.largest[name] = count

    @abstractmethod
    def reading(self) -> Reading:
        """What the figures come to, together."""

    @abstractmethod
    def _figures(self, given: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
        """The figures of one usage object, each by our name of it."""
