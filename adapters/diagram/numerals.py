"""Reference numerals: the numbers that a patent's text and drawings call a part by."""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from itertools import chain

from adapters.diagram.answers import Part
from adapters.diagram.svg.tree import local_name, read

_WORDS = re.compile(r"[^\W\d_]+|\d+[a-z]?|S\d+", re.IGNORECASE)
_NO_MEASURE = r"(?!\s*(?:%|°|[.,]\d|(?:[mkcµn]?m|k?g|m?s|k?[VAW]|min|hours?|percent|degrees?)\b))"
MOST = 3
"""Numerals that one sentence of complaint names."""


def texts_in(svg: str) -> list[str]:
    """The labels of a picture; the lines of one label are one text."""
    return [" ".join(element.itertext()) for element in read(svg).iter() if local_name(element) == "text"]


def numerals_complaint(svg: str, parts: Iterable[Part], texts: Collection[str]) -> str:
    """What is wrong with the numerals of a picture in patent style, or "". `texts` are what it was drawn from."""
    numbered = [part for part in parts if part.numeral.strip()]
    if not numbered:
        return "In the style patent each part has a reference numeral: list the parts with theirs."
    numerals = Counter(part.numeral.strip().casefold() for part in numbered)
    numeral, times = numerals.most_common(1)[0]
    if times > 1:
        names = " and ".join(
            repr(part.name) for part in numbered if part.numeral.strip().casefold() == numeral
        )
        return f"One numeral is one part's, and {numeral} is that of {names}."
    labels = texts_in(svg)
    for part in numbered:
        for what, read_there in (
            ("The text", _after_name(part, texts)),
            ("A label", _after_name(part, labels)),
        ):
            if read_there and part.numeral.strip().casefold() not in read_there:
                return f"{what} calls it {part.name} {min(read_there)}, not {part.name} {part.numeral}."
    return _complaint_of_missing(numbered, labels)


def _complaint_of_missing(numbered: list[Part], labels: list[str]) -> str:
    words = set(chain.from_iterable(_words(label) for label in labels))
    missing = [
        f"{part.name} {part.numeral}" for part in numbered if not words.issuperset(_words(part.numeral))
    ]
    if not missing:
        return ""
    return f"No label shows these numerals: {', '.join(missing[:MOST])}. Show them, or list only parts that are shown."


def _after_name(part: Part, texts: Iterable[str]) -> set[str]:
    """The numerals that the texts write right after the part's name; of a step's kind (S10) if the part has one."""
    name = r"\s+".join(map(re.escape, part.name.split()))
    step = "S" if part.numeral[:1] in "Ss" else ""
    pattern = re.compile(rf"\b{name}\s+\(?({step}\d+[a-z]?)\b{_NO_MEASURE}", re.IGNORECASE)
    return {found.casefold() for text in texts for found in pattern.findall(text)}


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORDS.findall(text)]
