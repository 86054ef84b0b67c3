"""The filtered log as CSV, sent while it is read."""

from collections.abc import AsyncIterator

from django.http import StreamingHttpResponse

from metering.activity.asked import Asked
from metering.activity.facts import COLUMNS, line_facts
from metering.activity.log import Page, activity_page
from metering.activity.names import Names
from metering.orm import in_report_thread
from metering.usage.csv_text import csv_text

LINES, MOST = 1_000, 50_000
"""Of a page, and of a file: who wants more asks for a part of the time."""


def csv_of(asked: Asked) -> StreamingHttpResponse:
    """Raises InvalidRequest where the first page takes too long: it is read before anything is sent."""
    first = activity_page(asked, limit=LINES)
    return StreamingHttpResponse(
        _text(asked, first),
        content_type="text/csv; charset=utf-8",
        headers={"content-disposition": 'attachment; filename="activity.csv"', "cache-control": "no-store"},
    )


async def _text(asked: Asked, page: Page) -> AsyncIterator[str]:
    yield csv_text(COLUMNS, (), header=True)
    written = 0
    while True:
        yield await in_report_thread(_lines, page)
        written += len(page.lines)
        if page.next is None or written >= MOST:
            return
        page = await in_report_thread(activity_page, asked, limit=LINES, before=page.next)


def _lines(page: Page) -> str:
    names = Names.of(page.lines)
    return csv_text(COLUMNS, [line_facts(line, names) for line in page.lines], header=False)
