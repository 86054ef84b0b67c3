"""PostgreSQL array literals (documentation, 8.15.6): a batch sends columns, not rows.

msgspec's JSON encoder makes them, in a quarter to a tenth of the time that joins take: but for its brackets, and for
control characters in texts, a JSON array is such a literal.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import json

NOTHING = b"{}"
"""Where a row has no element in the array its column is NULL: a column without any content is sent as this."""
_encode = json.Encoder().encode


def array(values: Sequence[int | bool | UUID | datetime | None]) -> bytes:
    """Return a literal of numbers, truth values, identifiers or moments, with NULL for None."""
    return b"{%b}" % _encode(values)[1:-1]


def optional_array(values: Sequence[int | UUID | None]) -> bytes:
    """As array, but NOTHING where all are None."""
    return array(values) if _has_content(values) else NOTHING


def sparse_int_array(numbers: Sequence[int]) -> bytes:
    """As array, but NOTHING where all are zero (the statement says coalesce(…, 0))."""
    return array(numbers) if any(numbers) else NOTHING


def sparse_bool_array(values: Sequence[bool]) -> bytes:
    """As array, but NOTHING where all are false (the statement says coalesce(…, false))."""
    return array(values) if any(values) else NOTHING


def sparse_text_array(texts: Sequence[str]) -> bytes:
    """As text_array, but NOTHING where all are empty (the statement says coalesce(…, ''))."""
    return text_array(texts) if any(texts) else NOTHING


def nested_int_array(rows: Sequence[Sequence[int]]) -> bytes:
    """Return a text[] whose elements are bigint[] literals, because rows may have different lengths."""
    return b'{"{%b}"}' % _encode(rows)[2:-2].replace(b"],[", b'}","{') if rows else NOTHING


def text_array(texts: Sequence[str | None]) -> bytes:
    """Every text is quoted, so that no content can end its element or mean NULL, which stands for None."""
    literal = _encode(texts)
    if b"\\" in literal:  # JSON writes control characters as escapes that PostgreSQL would read as letters
        return b"{%b}" % ",".join(["NULL" if text is None else _quoted(text) for text in texts]).encode()
    return b"{%b}" % literal[1:-1]


def optional_text_array(texts: Sequence[str | None]) -> bytes:
    """As text_array, but NOTHING where all are None."""
    return text_array(texts) if _has_content(texts) else NOTHING


def _has_content(values: Sequence[object]) -> bool:
    return values.count(None) < len(values)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
