"""Columns, each said once: how its value is taken from a record, sent as an array, and stored.

1. A statement's text and its parameters are both made from one tuple of columns, so their orders cannot differ.
2. A batch sends columns, not rows: a PostgreSQL array literal each (documentation, 8.15.6).
3. msgspec's JSON encoder makes those, in a quarter to a tenth of the time that joins take: but for its brackets, and
   for control characters in texts, a JSON array is such a literal."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import json

NOTHING = b"{}"
"""Where a row has no element in the array its column is NULL: a column without any content is sent as this."""
NONE: Mapping[str, str] = MappingProxyType({})
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


def sparse_texts_array(rows: Sequence[Sequence[str]]) -> bytes:
    """Return a text[] whose elements are text[] literals; NOTHING where all are empty (the statement says coalesce)."""
    return text_array([text_array(row).decode() for row in rows]) if any(rows) else NOTHING


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


class Kind(NamedTuple):
    """How the values of a column are sent (an array of this type, made by `literal`), and what is stored of each."""

    type: str
    literal: Callable[[Sequence[Any]], bytes]
    stored: str = "{}"


ID, NUMBER, INTEGER = Kind("uuid", array), Kind("bigint", array), Kind("int", array)
SMALL, FLAG, MOMENT = Kind("smallint", array), Kind("boolean", array), Kind("timestamptz", array)
TEXT = Kind("text", text_array)
OPTIONAL_ID, OPTIONAL_NUMBER = Kind("uuid", optional_array), Kind("bigint", optional_array)
OPTIONAL_TEXT = Kind("text", optional_text_array)
AMOUNT = Kind("bigint", sparse_int_array, "coalesce({}, 0)")
RARE_FLAG = Kind("boolean", sparse_bool_array, "coalesce({}, false)")
RARE_TEXT = Kind("text", sparse_text_array, "coalesce({}, '')")
OTHER_MODEL = Kind("text", sparse_text_array, "coalesce(nullif({}, ''), held.request_model)")
TEXTS = Kind("text", sparse_texts_array, "coalesce({}::text[], '{{}}')")
NUMBERS, SMALLS = (
    Kind("text", nested_int_array, "{}::bigint[]"),
    Kind("text", nested_int_array, "{}::smallint[]"),
)


class Column(NamedTuple):
    """One column of the rows that a statement is given."""

    name: str
    kind: Kind
    path: str
    """Where a record has its value: an attribute, or a part of the record and an attribute of that."""
    made: Callable[[Any], Any] | None = None
    """Makes the value of a record that has it nowhere."""
    is_stored: bool = True
    """False: the statement only reads it."""

    @property
    def stored(self) -> str:
        """The SQL expression whose value is stored."""
        return self.kind.stored.format(f'new."{self.name}"')


class Columns(tuple[Column, ...]):
    """Columns in the order of a statement."""

    def __init__(self, columns: Iterable[Column]) -> None:
        """Groups what is read of the same part of a record: that is read at once, as reading it is most of the work."""
        self._made = [
            (place, each.kind.literal, each.made) for place, each in enumerate(self) if each.made is not None
        ]
        parts: dict[str, list[int]] = {}
        for place, each in enumerate(self):
            if each.made is None:
                parts.setdefault(each.path.rpartition(".")[0], []).append(place)
        self._parts = [
            (
                attrgetter(part) if part else None,
                [(place, self[place].kind.literal) for place in places],
                _reader([self[place].path.rpartition(".")[2] for place in places]),
            )
            for part, places in parts.items()
        ]

    def parameters(self, records: Sequence[object]) -> tuple[bytes, ...]:
        """The arrays of a statement that was made with these columns."""
        found: list[bytes] = [NOTHING] * len(self)
        for place, literal, made in self._made:
            found[place] = literal(list(map(made, records)))
        if records:
            for part, places, read in self._parts:
                values = zip(*map(read, records if part is None else map(part, records)), strict=True)
                for (place, literal), column_values in zip(places, values, strict=True):
                    found[place] = literal(column_values)
        return tuple(found)


def _reader(names: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Reads several attributes at once, or one in a tuple of its own."""
    read = attrgetter(*names)
    return read if len(names) > 1 else lambda record: (read(record),)


def column(
    name: str, kind: Kind, value: str | Callable[[Any], Any] = "", *, is_stored: bool = True
) -> Column:
    """`value` says how a record has it: an attribute's path, by default the column's name, or a function."""
    if callable(value):
        return Column(name, kind, "", value, is_stored)
    return Column(name, kind, value or name, None, is_stored)


def rows(columns: Sequence[Column], *, unnested: int = 1) -> str:
    """A FROM clause whose `new` has these columns. Its parameters are one array for each, in their order.

    The first `unnested` columns say how many rows there are. Each function of an `unnest` has a tuplestore of its own,
    which costs 7 microseconds however few rows there are, so the other arrays are read by subscript. A subscript walks
    to its element in an array of texts, or with NULLs: where a command brings many rows, those have to be unnested.
    """
    walked, picked = columns[:unnested], columns[unnested:]
    arrays = ", ".join([f"%s::{each.kind.type}[]" for each in walked])
    items = ", ".join([f"item_{number}" for number in range(unnested)])
    fields = [f'item_{number} AS "{each.name}"' for number, each in enumerate(walked)]
    fields += [f'(%s::{each.kind.type}[])[place] AS "{each.name}"' for each in picked]
    given = f"unnest({arrays}) WITH ORDINALITY AS given ({items}, place)"
    return f"{given}, LATERAL (SELECT {', '.join(fields)}) AS new"


def names(columns: Iterable[str]) -> str:
    """Return the names of the columns, as a statement lists them."""
    return ", ".join([f'"{name}"' for name in columns])


def assigned(columns: Iterable[Column]) -> str:
    """Return the assignments of an UPDATE."""
    return ", ".join([f'"{each.name}" = {each.stored}' for each in columns if each.is_stored])


def replaced(columns: Iterable[Column]) -> str:
    """What an ON CONFLICT DO UPDATE sets: each column to what was to be inserted."""
    return ", ".join([f'"{each.name}" = excluded."{each.name}"' for each in columns])


def insert(
    table: str,
    columns: Sequence[Column],
    *,
    also: Mapping[str, str] = NONE,
    unnested: int = 1,
    beside: str = "",
    join: str = "",
) -> str:
    """An INSERT of these columns, and of the expressions that `also` names by their columns.

    `beside` and `join` are put before and behind the rows in its FROM clause.
    """
    values = {each.name: each.stored for each in columns if each.is_stored} | dict(also)
    return (
        f"INSERT INTO {table} ({names(values)})\nSELECT {', '.join(values.values())}\n"
        f"FROM {beside}{rows(columns, unnested=unnested)} {join}"
    )
