"""One kind of private thing: a pattern that proposes candidates, and a check that accepts one or does not.

Time is linear in the text, whatever stands in it: patterns run on RE2, no match is longer than a bound (so no pattern
repeats anything without one), every check looks at a bounded stretch, and each search goes on behind the place of the
one before.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import re2


class Span(NamedTuple):
    """Where something begins and ends, in bytes of UTF-8."""

    start: int
    end: int


class Match(Protocol):
    """What a pattern found."""

    def span(self) -> tuple[int, int]: ...


class Pattern(Protocol):
    """A compiled pattern."""

    pattern: bytes

    def search(self, text: bytes, pos: int = 0) -> Match | None: ...

    def fullmatch(self, text: bytes) -> Match | None: ...


def compiled(pattern: bytes) -> Pattern:
    """A pattern of RE2, for UTF-8. Its classes, such as \\d and \\b, are ASCII's."""
    made: Pattern = re2.compile(pattern)
    return made


Check = Callable[[bytes, int, int], Span | None]
"""The text and a candidate's place → what of it, or a little more, is one; None: nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """Finds one kind of private thing."""

    kind: str
    """As headers and errors call it."""
    name: str
    """As sentences call it."""
    pattern: Pattern
    check: Check
    needs: bytes = b""
    """A byte without which a text has none of the kind."""
    skips: bool = False
    """Whether nothing of the kind can begin within a candidate that was not accepted."""

    def find(self, text: bytes) -> Iterator[Span]:
        """Yield the places of such things in the text, in order, none upon another."""
        if self.needs and self.needs not in text:
            return
        place = 0
        while (match := self.pattern.search(text, place)) is not None:
            start, end = match.span()
            found = self.check(text, start, end)
            if found is not None:
                yield found
                place = found.end
            else:
                place = end if self.skips else start + 1


BLANKS = rb" \x{a0}\x{2007}\x{2009}\x{202f}"
"""Of a class: between groups of digits. Word processors, web pages and PDF files write blanks that do not break."""
DASHES = rb"\x{2010}-\x{2013}-"
"""Of a class, at its end: the hyphens that people and their programs write."""


def at(text: bytes, place: int) -> int:
    """The byte there; 0 outside of the text."""
    return text[place] if 0 <= place < len(text) else 0


DIGITS = frozenset(b"0123456789")
LETTERS = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
WORD = DIGITS | LETTERS | {ord("_")}
