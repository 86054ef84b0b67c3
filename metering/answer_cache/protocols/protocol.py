"""What the cache asks of a wire protocol. Pure."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from metering.ports import Body


class CachedProtocol(ABC):
    """Which requests may be answered from the cache, because their answers would be the same again, and which answers
    are kept. `any`: the caller asks for every kind but those that never are.
    """

    changes_no_answer: ClassVar[frozenset[str]] = frozenset({"stream"})
    """Fields that neither change an answer nor are repeated in it."""
    said_otherwise: ClassVar[frozenset[str]] = frozenset({"model", "stream_options"})
    """Fields whose meaning is in the key in another form."""

    def __init__(self) -> None:
        self.left_out = self.changes_no_answer | self.said_otherwise
        """Fields that are no part of the key as they are."""

    @abstractmethod
    def why_not(self, body: Body, *, any_: bool) -> str:
        """The reason (reasons.py) why a request is neither looked up nor kept; empty: it may be."""

    @abstractmethod
    def is_kept(self, answer: Mapping[str, Any], *, any_: bool) -> bool:
        """Whether an answer is whole and says what the model had to say. `any_`: also if it calls tools."""
