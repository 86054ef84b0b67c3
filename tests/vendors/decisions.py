"""Decisions read from bytes, so that one cheap draw of hypothesis makes a whole case, and shrinks it too."""

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import strategies as st

T = TypeVar("T")
drawn = st.binary(min_size=200, max_size=200)
"""Of one length, because hypothesis draws bytes of a length that it knows ten times as fast."""


class Decisions:
    """One byte for each decision. When they have run out, it is always the first option: the plain one."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    def below(self, limit: int) -> int:
        """A number from 0, at most 65,536 options."""
        size = 1 if limit <= 256 else 2
        piece = self._data[self._place : self._place + size]
        self._place += size
        return int.from_bytes(piece) % limit

    def of(self, options: Sequence[T]) -> T:
        return options[self.below(len(options))]

    def once_in(self, times: int) -> bool:
        """True once in so many times; 0: never."""
        return times > 0 and self.below(times) == times - 1
