"""GET /api/usage/export: a report, or every single attempt, as CSV."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from django.http import StreamingHttpResponse
from django.utils.timezone import now
from drf_spectacular.utils import OpenApiTypes
from rest_framework.request import Request

from gateway_project.api.choice import Choice
from gateway_project.api.query import asks
from gateway_project.api.usage.asked import GROUP_CHOICES, AskedIn, check_grouping, usage_in_reach
from gateway_project.api.usage.csv_rows import csv_text
from gateway_project.api.views import ApiView
from metering.orm import in_report_thread
from metering.usage.attempts import COLUMNS as ATTEMPT_COLUMNS
from metering.usage.attempts import attempts_page
from metering.usage.filters import UsageFilter
from metering.usage.groups import group_names
from metering.usage.names import with_names
from metering.usage.prices import Prices
from metering.usage.summary import COUNTS, summary_page

PAGE = 1_000
COSTS = ("cost_usd", "charged_usd", "difference_usd", "unpriced")


class Export(ApiView):
    class Input(AskedIn):
        by = Choice(choices=[*GROUP_CHOICES, ("attempt", "attempt")], default="day")

    @asks(Input, responses={(200, "text/csv"): OpenApiTypes.STR}, tags=["usage"])
    def get(self, request: Request) -> StreamingHttpResponse:
        """The report of `/api/usage` whole, or with `by=attempt` every vendor call, as CSV.

        Sent while it is read, a page at a time. Texts that a spreadsheet would run are quoted with an apostrophe.
        """
        asked = self.valid(self.Input, request.query_params)
        by = asked["by"]
        check_grouping(request, by)
        chosen = usage_in_reach(request, asked)
        lines = _attempts(chosen) if by == "attempt" else _groups(chosen, by, Prices(asked["prices"]), now())
        return StreamingHttpResponse(
            lines,
            content_type="text/csv; charset=utf-8",
            headers={
                "content-disposition": f'attachment; filename="usage-by-{by}.csv"',
                "cache-control": "no-store",
            },
        )


async def _groups(chosen: UsageFilter, by: str, prices: Prices, moment: datetime) -> AsyncIterator[str]:
    columns = (*group_names(by), "name", *COUNTS, *COSTS)
    asked: dict[str, Any] = {"by": by, "prices": prices, "now": moment, "limit": PAGE}
    yield csv_text(columns, (), header=True)
    after = None
    while True:
        page = await in_report_thread(summary_page, chosen, after=after, **asked)
        rows = await in_report_thread(with_names, page.rows, by=by)
        yield csv_text(columns, rows, header=False)
        after = page.next
        if after is None:
            return


async def _attempts(chosen: UsageFilter) -> AsyncIterator[str]:
    yield csv_text(ATTEMPT_COLUMNS, (), header=True)
    page = await in_report_thread(attempts_page, chosen, limit=PAGE)
    while page:
        yield csv_text(ATTEMPT_COLUMNS, page, header=False)
        page = await in_report_thread(attempts_page, chosen, limit=PAGE, after=page[-1]["attempt_id"])
