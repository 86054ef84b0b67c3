"""GET /api/usage/export: a report, or every single attempt, as CSV."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import StreamingHttpResponse
from django.utils.timezone import now
from drf_spectacular.utils import OpenApiTypes
from rest_framework.request import Request

from gateway_project.api.choice import Choice
from gateway_project.api.query import asks
from gateway_project.api.usage.asked import GROUP_CHOICES, AskedIn, check_grouping, usage_in_reach
from gateway_project.api.views import ApiView
from metering.orm import in_report_thread
from metering.usage.attempts import COLUMNS as ATTEMPT_COLUMNS
from metering.usage.attempts import attempts_page
from metering.usage.csv_text import csv_text
from metering.usage.filters import UsageFilter
from metering.usage.groups import After, group_names
from metering.usage.names import with_names
from metering.usage.prices import Prices
from metering.usage.summary import COUNTS, SummaryPage, summary_page

PAGE = 1_000
COSTS = ("cost_usd", "charged_usd", "difference_usd", "unpriced")


class Export(ApiView):
    class Input(AskedIn):
        by = Choice(choices=[*GROUP_CHOICES, ("attempt", "attempt")], default="day")

    @asks(Input, responses={(200, "text/csv"): OpenApiTypes.STR}, tags=["usage"])
    def get(self, request: Request) -> StreamingHttpResponse:
        """The report of `/api/usage` whole, or with `by=attempt` every vendor call, as CSV.

        The first page is read before anything is sent, so that what cannot be read is an error and no file; the others
        are sent while they are read. Texts that a spreadsheet would run are quoted with an apostrophe.
        """
        asked = self.valid(self.Input, request.query_params)
        by = asked["by"]
        check_grouping(request, by)
        chosen = usage_in_reach(request, asked)
        if by == "attempt":
            lines = _attempts(chosen, attempts_page(chosen, limit=PAGE))
        else:
            sums = _Sums(chosen=chosen, by=by, prices=Prices(asked["prices"]), now=now())
            lines = _groups(sums, sums.page(after=None))
        return StreamingHttpResponse(
            lines,
            content_type="text/csv; charset=utf-8",
            headers={
                "content-disposition": f'attachment; filename="usage-by-{by}.csv"',
                "cache-control": "no-store",
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sums:
    """A report that is read page by page."""

    chosen: UsageFilter
    by: str
    prices: Prices
    now: datetime

    def page(self, *, after: After | None) -> SummaryPage:
        return summary_page(
            self.chosen, by=self.by, prices=self.prices, now=self.now, limit=PAGE, after=after
        )


async def _groups(sums: _Sums, page: SummaryPage) -> AsyncIterator[str]:
    columns = (*group_names(sums.by), "name", *COUNTS, *COSTS)
    yield csv_text(columns, (), header=True)
    while True:
        rows = await in_report_thread(with_names, page.rows, by=sums.by)
        yield csv_text(columns, rows, header=False)
        if page.next is None:
            return
        page = await in_report_thread(sums.page, after=page.next)


async def _attempts(chosen: UsageFilter, page: list[dict[str, Any]]) -> AsyncIterator[str]:
    yield csv_text(ATTEMPT_COLUMNS, (), header=True)
    while page:
        yield csv_text(ATTEMPT_COLUMNS, page, header=False)
        page = await in_report_thread(attempts_page, chosen, limit=PAGE, after=page[-1]["attempt_id"])
