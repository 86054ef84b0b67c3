"""Pages of a list that is in hand: `?page=2`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.http import QueryDict

from admin_console.parts import with_query

T = TypeVar("T")
LINES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages(Generic[T]):
    """One page of it, and the ways to its neighbours."""

    rows: Sequence[T]
    first: int
    last: int
    total: int
    before: str
    after: str

    @classmethod
    def of(cls, query: QueryDict, rows: Sequence[T]) -> "Pages[T]":
        """A page that there is not is the nearest that there is."""
        pages = max((len(rows) + LINES - 1) // LINES, 1)
        asked = query.get("page", "")
        number = min(max(int(asked) if asked.isdecimal() and len(asked) < 8 else 1, 1), pages)
        start = (number - 1) * LINES
        shown = rows[start : start + LINES]
        return cls(
            rows=shown,
            first=start + 1 if shown else 0,
            last=start + len(shown),
            total=len(rows),
            before=with_query(query, page=str(number - 1)) if number > 1 else "",
            after=with_query(query, page=str(number + 1)) if number < pages else "",
        )
