"""A row of a table as HTML. It is written here, since a page has a thousand cells, and for each a template takes ten
times as long.
"""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Protocol

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from admin_console.parts.budget_bar import BudgetBar


class Column(Protocol):
    """What writing a row needs of the class of this name in table.py."""

    @property
    def key(self) -> str: ...
    @property
    def classes(self) -> str: ...


class Cell(Protocol):
    """What writing a row needs of the class of this name in table.py."""

    @property
    def text(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def small(self) -> str: ...
    @property
    def exact(self) -> str: ...
    @property
    def tag(self) -> str: ...
    @property
    def tone(self) -> str: ...
    @property
    def bar(self) -> BudgetBar | None: ...
    @property
    def dot(self) -> str: ...


NOTHING: Mapping[str, SafeString] = {}


def row_html(
    columns: Iterable[Column],
    cells: Iterable[Cell],
    beside: Mapping[str, SafeString] = NOTHING,
    *,
    is_total: bool = False,
) -> SafeString:
    """The first cell is the row's header. `beside`: what stands behind the cell of a column, by its key."""
    pieces: list[str] = []
    for column, cell in zip(columns, cells, strict=True):
        inside = cell_html(cell) + beside.get(column.key, "")
        classes = column.classes
        if not pieces:
            wraps = "" if is_total else f' class="{f"wrap {classes}".strip()}"'
            pieces.append(f'<th scope="row"{wraps}>{inside}</th>')
        else:
            pieces.append(f'<td class="{classes}">{inside}</td>' if classes else f"<td>{inside}</td>")
    return SafeString("".join(pieces))


def cell_html(cell: Cell) -> SafeString:
    """Its dot, its text, its label, its bar and its second line."""
    text, exact = _text(cell.text), f' title="{_text(cell.exact)}"' if cell.exact else ""
    if cell.url:
        text = f'<a href="{_text(cell.url)}"{exact}>{text}</a>'
    elif exact:
        text = f"<span{exact}>{text}</span>"
    if cell.dot:
        text = f'<i class="dot {_text(cell.dot)}"></i>{text}'
    if cell.tag:
        tone = f" {_text(cell.tone)}" if cell.tone else ""
        text += f' <span class="tag{tone}">{_text(cell.tag)}</span>'
    if cell.bar:
        text += render_to_string("admin_console/parts/budget_bar.html", {"bar": cell.bar}).strip()
    if cell.small:
        text += f"<small>{_text(cell.small)}</small>"
    return SafeString(text)


def _text(value: object) -> str:
    """What is HTML already stays as it is."""
    return str(value) if hasattr(value, "__html__") else escape(str(value))
