"""PostgreSQL array literals (documentation, 8.15.6), built by joins: a batch sends columns, not rows.

psycopg's own list dumper costs about a microsecond an element; these cost a tenth of that.
"""

from collections.abc import Iterable
from uuid import UUID


def int_array(numbers: Iterable[int]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"


def optional_int_array(numbers: Iterable[int | None]) -> str:
    return "{" + ",".join(["NULL" if number is None else str(number) for number in numbers]) + "}"


def bool_array(flags: Iterable[bool]) -> str:
    return "{" + ",".join(["t" if flag else "f" for flag in flags]) + "}"


def uuid_array(identifiers: Iterable[UUID]) -> str:
    return "{" + ",".join([identifier.hex for identifier in identifiers]) + "}"


def optional_uuid_array(identifiers: Iterable[UUID | None]) -> str:
    return "{" + ",".join(["NULL" if item is None else item.hex for item in identifiers]) + "}"


def text_array(texts: Iterable[str | None]) -> str:
    """Every text is quoted, so that no content can end its element or mean NULL."""
    return "{" + ",".join(["NULL" if text is None else _quoted(text) for text in texts]) + "}"


def nested_int_array(rows: Iterable[Iterable[int]]) -> str:
    """A text[] whose elements are bigint[] literals: rows may have different lengths."""
    return "{" + ",".join(['"{' + ",".join(map(str, row)) + '}"' for row in rows]) + "}"


def _quoted(text: str) -> str:
    if "\\" in text or '"' in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
