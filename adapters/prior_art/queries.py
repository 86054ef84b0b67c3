"""A search in no service's language: groups of words that mean the same; a document shall have one of each group."""

import re
from collections.abc import Iterable
from unicodedata import normalize

from msgspec import Struct

MAX_GROUPS = 4
MAX_TERMS = 6
MAX_TERM_CHARACTERS = 60
_FORBIDDEN = re.compile(r"[^\w\s-]|_")


class Query(Struct, frozen=True):
    """Groups of synonyms: one of each group must be there. Terms hold letters, digits, blanks and inner hyphens."""

    groups: tuple[tuple[str, ...], ...]

    def __str__(self) -> str:
        return self.written(self.groups)

    def written(self, groups: Iterable[tuple[str, ...]]) -> str:
        """Some of the groups with AND, OR, quotes and parentheses, as most services read them."""
        return " AND ".join(_any_of(group) for group in groups)


def make_query(groups: Iterable[Iterable[str]]) -> Query | None:
    """The query that a model's words make, bounded and without any sign that a service could obey.

    None: nothing is left.
    """
    found = []
    for group in list(groups)[:MAX_GROUPS]:
        terms = tuple(dict.fromkeys(filter(None, map(_term, list(group)[:MAX_TERMS]))))
        if terms and terms not in found:
            found.append(terms)
    return Query(tuple(found)) if found else None


def _term(word: str) -> str:
    """Lower case, so that `OR` is a word and no operator."""
    text = " ".join(
        part.strip("-") for part in _FORBIDDEN.sub(" ", normalize("NFKC", word).casefold()).split()
    )
    return " ".join(text.split())[:MAX_TERM_CHARACTERS].rstrip(" -")


def _any_of(group: tuple[str, ...]) -> str:
    words = " OR ".join(f'"{term}"' if not term.isalnum() else term for term in group)
    return f"({words})" if len(group) > 1 else words
