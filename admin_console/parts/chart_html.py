"""The many small pieces of a chart as HTML: what catches the pointer over each column, and the rows of its table. As
with tables (row_html.py) a template takes ten times as long.
"""

from collections.abc import Iterable
from html import escape
from typing import Protocol

from django.utils.safestring import SafeString


class Day(Protocol):
    """A column of a chart (chart.py)."""

    @property
    def title(self) -> str: ...
    @property
    def url(self) -> str: ...


def bars_html(bars: Iterable[tuple[Day, int, str]]) -> SafeString:
    """A column's sentence, and its link where it has one."""
    pieces = []
    for column, left, sentence in bars:
        words = escape(sentence)
        inside = f'<rect class="hit" x="{left}" width="10" height="100"/><title>{words}</title>'
        url = escape(column.url)
        pieces.append(f'<a href="{url}" aria-label="{words}">{inside}</a>' if url else f"<g>{inside}</g>")
    return SafeString("\n".join(pieces))


def rows_html(rows: Iterable[tuple[Day, tuple[str, ...], str]]) -> SafeString:
    """A row for each column of the chart."""
    pieces = []
    for column, values, total in rows:
        title = escape(column.title)
        if column.url:
            title = f'<a href="{escape(column.url)}">{title}</a>'
        cells = "".join(f'<td class="n">{escape(value)}</td>' for value in values)
        pieces.append(
            f'<tr><th scope="row" class="nowrap">{title}</th>{cells}<td class="n"><b>{escape(total)}</b></td></tr>'
        )
    return SafeString("\n".join(pieces))
