"""A published document as one source tells of it, and the hit that brought it."""

import re

from msgspec import Struct

MAX_TITLE_CHARACTERS = 1_000
MAX_ABSTRACT_CHARACTERS = 20_000
MAX_CLASSES = 30
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")


class Reference(Struct, frozen=True, kw_only=True):
    """A document. Every text in it is the source's own, with blanks and control characters joined to single blanks."""

    source: str
    source_id: str
    title: str
    abstract: str = ""
    doi: str = ""
    """In its one form (`numbers.py`); empty: none."""
    numbers: tuple[str, ...] = ()
    """Of all its publications, in their one form."""
    shown_number: str = ""
    """The publication number as people write it, such as US20200123456A1."""
    date: str = ""
    """ISO date, or the year alone; empty: unknown."""
    url: str = ""
    first_author: str = ""
    classes: tuple[str, ...] = ()

    @property
    def is_patent(self) -> bool:
        return not self.doi and bool(self.numbers or self.classes)

    @property
    def passages(self) -> tuple[str, ...]:
        """The texts that may be quoted."""
        return tuple(text for text in (self.title, self.abstract, ", ".join(self.classes)) if text)

    @property
    def citable(self) -> tuple[str, ...]:
        """All by which it may be called."""
        named = (self.doi, self.shown_number, self.source_id, self.url, self.first_author)
        return (*self.passages, *self.numbers, *filter(None, named))


class Hit(Struct, frozen=True, kw_only=True):
    """A place in the list that a source gave for a query; both count from 0."""

    reference: Reference
    query: int
    rank: int


def plain(value: object, most: int = MAX_TITLE_CHARACTERS) -> str:
    """A source's text as we keep it; empty for anything else than a text. Half a surrogate pair becomes `?`."""
    if not isinstance(value, str):
        return ""
    text = value[: 2 * most].encode("utf-8", "replace").decode("utf-8")
    return _BLANKS.sub(" ", text).strip()[:most]


def web_address(value: object) -> str:
    """The address, if it is one of the web."""
    text = plain(value)
    return text if text.startswith(("https://", "http://")) and " " not in text else ""
