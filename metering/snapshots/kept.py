"""What a snapshot keeps of one answer, and how many it keeps."""

from collections.abc import Hashable
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar
from uuid import UUID

T = TypeVar("T")


class Kept(NamedTuple, Generic[T]):
    """An answer and how long it is good."""

    value: T
    read_s: float
    """Monotonic time just before it was read."""
    ends_s: float
    until: datetime | None
    tenant_id: UUID | None


def keep(entries: dict[Hashable, T], key: Hashable, entry: T, most: int) -> None:
    """Put an entry last; the oldest make room."""
    entries.pop(key, None)
    while len(entries) >= most:
        del entries[next(iter(entries))]
    entries[key] = entry
