"""The many small pieces of a chart as HTML: what catches the pointer over each column, and the rows of its table. As
with tables (row_html.py) a template takes ten times as long.
"""

from html import escape
from typing import TYPE_CHECKING

from django.utils.safestring import SafeString

if TYPE_CHECKING:
    from admin_console.parts.chart import Chart


def bars_html(chart: "Chart") -> SafeString:
    """A column's sentence, and its link where it has one."""
    pieces = []
    for column, left, sentence in chart.bars:
        words = escape(sentence)
        inside = f'<rect class="hit" x="{left}" width="10" height="100"/><title>{words}</title>'
        url = escape(column.url)
        pieces.append(f'<a href="{url}" aria-label="{words}">{inside}</a>' if url else f"<g>{inside}</g>")
    return SafeString("\n".join(pieces))


def rows_html(chart: "Chart") -> SafeString:
    """A row for each column of the chart."""
    pieces = []
    for column, values, total in chart.table:
        title = escape(column.title)
        if column.url:
            title = f'<a href="{escape(column.url)}">{title}</a>'
        cells = "".join(f'<td class="n">{escape(value)}</td>' for value in values)
        pieces.append(
            f'<tr><th scope="row" class="nowrap">{title}</th>{cells}<td class="n"><b>{escape(total)}</b></td></tr>'
        )
    return SafeString("\n".join(pieces))
