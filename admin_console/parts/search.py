"""What is typed into the search of a filter bar (`?q=`), and which rows of a list in hand it means."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

T = TypeVar("T")
MOST_LETTERS = 200


def typed(query: Mapping[str, str]) -> str:
    """Return what was typed into the search field; empty: nothing is looked for."""
    return query.get("q", "").strip()[:MOST_LETTERS]


def matching(query: Mapping[str, str], rows: Iterable[T], texts: Callable[[T], Iterable[str]]) -> list[T]:
    """The rows in whose texts every word that was typed stands somewhere, in capitals or not."""
    words = typed(query).lower().split()
    if not words:
        return list(rows)
    return [row for row in rows if has_all(words, texts(row))]


def has_all(words: Iterable[str], texts: Iterable[str]) -> bool:
    """Return whether each of the `words`, which are in small letters, is in the texts."""
    whole = "\n".join(texts).lower()
    return all(word in whole for word in words)
