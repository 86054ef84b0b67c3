"""PostgreSQL array literals (documentation, 8.15.6), built by joins: a batch sends columns, not rows.

psycopg's own list dumper costs about a microsecond an element; these cost a tenth of that.
"""

from collections.abc import Iterable
from uuid import UUID

NOTHING = "{}"
"""unnest pads a shorter array with NULL, so a column without any content is sent as an empty array."""


def int_array(numbers: Iterable[int]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"


def sparse_int_array(numbers: list[int]) -> str:
    """As int_array; NOTHING where all are zero (the statement says coalesce(…, 0))."""
    return int_array(numbers) if any(numbers) else NOTHING


def optional_int_array(numbers: list[int | None]) -> str:
    if numbers.count(None) == len(numbers):
        return NOTHING
    return "{" + ",".join(["NULL" if number is None else str(number) for number in numbers]) + "}"


def bool_array(flags: Iterable[bool]) -> str:
    return "{" + ",".join(["t" if flag else "f" for flag in flags]) + "}"


def uuid_array(identifiers: Iterable[UUID]) -> str:
    return "{" + ",".join([identifier.hex for identifier in identifiers]) + "}"


def optional_uuid_array(identifiers: list[UUID | None]) -> str:
    if not any(identifiers):
        return NOTHING
    return "{" + ",".join(["NULL" if item is None else item.hex for item in identifiers]) + "}"


def text_array(texts: Iterable[str]) -> str:
    """Every text is quoted, so that no content can end its element or mean NULL."""
    return "{" + ",".join([_quoted(text) for text in texts]) + "}"


def optional_text_array(texts: list[str | None]) -> str:
    """As text_array, with NULL for None; NOTHING where all are None."""
    if texts.count(None) == len(texts):
        return NOTHING
    return "{" + ",".join(["NULL" if text is None else _quoted(text) for text in texts]) + "}"


def nested_int_array(rows: Iterable[Iterable[int]]) -> str:
    """A text[] whose elements are bigint[] literals: rows may have different lengths."""
    return "{" + ",".join(['"{' + ",".join(map(str, row)) + '}"' for row in rows]) + "}"


def _quoted(text: str) -> str:
    if "\\" in text or '"' in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
