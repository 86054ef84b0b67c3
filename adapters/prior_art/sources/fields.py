"""Reading what a service sent, of which any part may be missing or of another kind."""

from collections.abc import Iterator, Mapping
from typing import Any


def inner(record: object, name: str) -> Mapping[str, Any]:
    """An object inside a record; empty if there is none."""
    value = record.get(name) if isinstance(record, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def items(record: object, name: str, most: int = 1_000) -> list[Any]:
    """A list inside a record, cut at `most`; empty if there is none."""
    value = record.get(name) if isinstance(record, Mapping) else None
    return value[:most] if isinstance(value, list) else []


def objects(record: object, name: str, most: int = 1_000) -> Iterator[Mapping[str, Any]]:
    """The objects of a list inside a record."""
    return (item for item in items(record, name, most) if isinstance(item, Mapping))
