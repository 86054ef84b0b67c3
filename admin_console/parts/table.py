"""A dense table: names to the left, figures to the right, headers that sort, one row of totals.

    columns = (Column(key="tenant", title="Tenant"), Column(key="cost", title="Cost", is_number=True, sorts=True))
    rows = [Row(cells=(Cell(text="Alder", url=…), Cell(text=usd(nano), exact=usd_exact(nano))))]
    Table.of(request.GET, columns=columns, rows=rows, total=(Cell(text="3 tenants"), Cell(text=usd(sum_))))

The query's `sort=cost` sorts upwards and `sort=-cost` downwards: `sort_key(request.GET, columns, default="-cost")`
reads it, and `sorted_rows` sorts in Python what one page holds anyway.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from django.http import QueryDict
from django.utils.safestring import SafeString

from admin_console.parts.budget_bar import BudgetBar
from admin_console.parts.notes import Empty
from admin_console.parts.query import changed
from admin_console.parts.row_html import row_html

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    key: str
    title: str
    is_number: bool = False
    sorts: bool = False
    hides: str = ""
    """`lo`: gone below 1180 px; `mid`: below 640 px."""
    url: str = ""
    direction: str = ""
    """`ascending` or `descending` in the column that sorts."""

    @property
    def classes(self) -> str:
        return " ".join(filter(None, ("n" if self.is_number else "", self.hides)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    text: str = ""
    url: str = ""
    small: str = ""
    """A second line, gray."""
    exact: str = ""
    """To the last digit, where `text` is rounded."""
    tag: str = ""
    """A word in a coloured label, in `tone` (ok, warn, bad, info)."""
    tone: str = ""
    bar: BudgetBar | None = None
    dot: str = ""
    """`s1` to `s7`: the colour of a chart's series before the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    cells: tuple[Cell, ...]
    is_current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The first cell of a row is its header."""

    columns: tuple[Column, ...]
    rows: Sequence[Row]
    total: tuple[Cell, ...] = ()
    empty: Empty | None = None
    """Shown in the table's place where there are no rows."""
    caption: str = ""
    as_cards: bool = False
    """Below 640 px each row becomes a card: the first cell, the last, and the second below both."""

    @classmethod
    def of(
        cls,
        query: QueryDict,
        *,
        columns: tuple[Column, ...],
        rows: Sequence[Row],
        total: tuple[Cell, ...] = (),
        empty: Empty | None = None,
        caption: str = "",
        as_cards: bool = False,
        default: str = "",
        name: str = "sort",
    ) -> "Table":
        """With links in the headers that sort. `name` is the query's, where a page has two tables."""
        return cls(
            columns=linked_columns(query, columns, default=default, name=name),
            rows=rows,
            total=total,
            empty=empty,
            caption=caption,
            as_cards=as_cards,
        )

    @property
    def lines(self) -> list[tuple[Row, SafeString]]:
        """For the template: every row with its cells as HTML."""
        return [(row, row_html(self.columns, row.cells)) for row in self.rows]

    @property
    def last_line(self) -> SafeString:
        return row_html(self.columns, self.total, is_total=True)


def linked_columns(
    query: QueryDict, columns: Iterable[Column], *, default: str = "", name: str = "sort"
) -> tuple[Column, ...]:
    """With links in the headers that sort, for `table_head.html` of a table whose rows a template writes itself."""
    key = sort_key(query, columns, default=default, name=name)
    return tuple(_linked(column, key, query, name) for column in columns)


def sort_key(query: QueryDict, columns: Iterable[Column], *, default: str = "", name: str = "sort") -> str:
    """What the query sorts by, `cost` or `-cost`, if it is a column that sorts; else the default."""
    asked = query.get(name, "")
    return asked if asked.removeprefix("-") in {column.key for column in columns if column.sorts} else default


def sorted_rows(rows: Iterable[T], key: str, by: Mapping[str, Callable[[T], Any]]) -> list[T]:
    """Rows in the order that `sort_key` read; `by` says for each column's key what of a row to compare."""
    compare = by.get(key.removeprefix("-"))
    if compare is None:
        return list(rows)
    return sorted(rows, key=compare, reverse=key.startswith("-"))


def _linked(column: Column, key: str, query: QueryDict, name: str) -> Column:
    if not column.sorts:
        return column
    is_key = key.removeprefix("-") == column.key
    is_down = key.startswith("-")
    first = f"-{column.key}" if column.is_number else column.key  # the largest first, names from A
    other = column.key if is_down else f"-{column.key}"
    url = changed(query, {name: other if is_key else first})
    return replace(column, url=url, direction=("descending" if is_down else "ascending") if is_key else "")
