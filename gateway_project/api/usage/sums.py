"""A page of usage summed, as `/api/usage` and `/api/usage/top` answer it."""

from typing import Any

from django.utils.timezone import now
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.keyset import key_page
from gateway_project.api.pagination import limit_of
from gateway_project.api.usage.asked import check_grouping, in_zone, period_of, usage_in_reach
from gateway_project.api.usage.cursor import after_cursor, cursor_after
from metering.usage.names import with_names
from metering.usage.prices import Prices
from metering.usage.summary import summary_page


def summed(request: Request, asked: dict[str, Any], *, dearest_first: bool = False) -> Response:
    """What the caller may see of what is asked, from its cursor on; the dearest first has no further page.

    Raises what `check_grouping`, `usage_in_reach`, `after_cursor` and `summary_page` raise.
    """
    by, prices = asked["by"], Prices(asked["prices"])
    check_grouping(request, by)
    chosen = in_zone(usage_in_reach(request, asked), asked.get("tz", ""))
    page = summary_page(
        chosen,
        by=by,
        prices=prices,
        now=now(),
        limit=limit_of(request),
        after=None if dearest_first else after_cursor(request, by),
        dearest_first=dearest_first,
    )
    return key_page(
        request,
        with_names(page.rows, by=by),
        page.next and cursor_after(page.next, by),
        pinned=period_of(chosen),
        by=by,
        prices=prices.value,
        zone=chosen.zone,
        since=chosen.since,
        until=chosen.until,
    )
