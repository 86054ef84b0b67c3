"""Find private things in a text, and put a word for their kind in their place."""

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from metering.content.detectors.registry import DETECTORS


class Found(NamedTuple):
    """Something private, by its place in the text's UTF-8."""

    start: int
    end: int
    kind: str

    @property
    def placeholder(self) -> str:
        """The word that takes its place: `[CARD]`."""
        return f"[{self.kind.upper()}]"


LEAST = 6
"""Characters: `a@b.co`. A shorter text is nothing private."""
_CLUE = re.compile(r"[0-9@:]|-----BEGIN|(?:[A-Fa-f]{2}-){5}")
"""Whatever a detector accepts has one of these."""
Finder = Callable[[str], Iterable[Found]]
"""Finds more in a text than the detectors do (presidio.py)."""


def find(text: str, more: Finder | None = None) -> list[Found]:
    """Return what is private in a text, in order, none upon another."""
    raw = text.encode("utf-8", "replace")
    found = []
    if may_be_private(text):
        found = [
            Found(span.start, span.end, detector.kind)
            for detector in DETECTORS
            for span in detector.find(raw)
        ]
    if more is not None:
        found += more(text)
    return apart(found, len(raw))


def may_be_private(text: str) -> bool:
    """Whether a detector could find anything in it, as far as can be told at once: of most short texts it can."""
    return len(text) >= LEAST and _CLUE.search(text) is not None


def apart(found: Iterable[Found], length: int) -> list[Found]:
    """Those that come first, without what lies upon one of them; in the order of the text, which is so long."""
    taken = bytearray(length)
    kept: list[Found] = []
    for each in found:
        if each.start < each.end and taken.find(1, each.start, each.end) < 0:
            taken[each.start : each.end] = b"\1" * (each.end - each.start)
            kept.append(each)
    return sorted(kept)


def redact(text: str, more: Finder | None = None) -> str:
    """The text with a word for each private thing."""
    return replaced(text, find(text, more))


def replaced(text: str, found: list[Found]) -> str:
    """The text with placeholders where these were found."""
    if not found:
        return text
    raw = text.encode("utf-8", "replace")
    parts: list[bytes] = []
    place = 0
    for each in found:
        parts += (raw[place : each.start], each.placeholder.encode())
        place = each.end
    return b"".join((*parts, raw[place:])).decode("utf-8", "replace")
