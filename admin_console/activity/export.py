"""The filtered log as CSV, sent while it is read."""

from collections.abc import AsyncIterator
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from admin_console.activity.question import question_of
from admin_console.who import Viewer
from metering.activity.asked import Asked
from metering.activity.facts import COLUMNS, line_facts
from metering.activity.log import Page, activity_page
from metering.activity.names import Names
from metering.errors import InvalidRequest
from metering.orm import in_report_thread
from metering.usage.csv_text import csv_text

LINES, MOST = 1_000, 50_000
"""Of a page, and of a file: who wants more asks for a part of the time."""


def export(
    request: HttpRequest, viewer: Viewer, page: dict[str, Any]
) -> HttpResponse | StreamingHttpResponse:
    """The first page is read before anything is sent, so that what takes too long is told and no file."""
    question = question_of(request.GET, viewer, page["now"])
    try:
        first = activity_page(question.asked, limit=LINES)
    except InvalidRequest as refusal:
        return HttpResponse(refusal.message, status=400, content_type="text/plain; charset=utf-8")
    return StreamingHttpResponse(
        _text(question.asked, first),
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
    rows = [line_facts(line, names) for line in page.lines]
    return csv_text(COLUMNS, [row | {"tags": ",".join(row["tags"])} for row in rows], header=False)
