"""GET /api/usage: what was used, by day, model, task, user, team, agent or conversation."""

from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.choice import Choice
from gateway_project.api.keyset import key_page, limit_of
from gateway_project.api.usage.asked import GROUP_CHOICES, AskedIn, check_grouping, period_of, usage_in_reach
from gateway_project.api.usage.cursor import after_cursor, cursor_after
from gateway_project.api.usage.rows import UsagePage
from gateway_project.api.views import ApiView
from metering.usage.names import with_names
from metering.usage.prices import Prices
from metering.usage.summary import summary_page


class History(ApiView):
    class Input(AskedIn):
        by = Choice(choices=GROUP_CHOICES, default="day")
        cursor = serializers.CharField(default=None, help_text="From `next` of another page.")
        limit = serializers.IntegerField(default=None, help_text="Rows in a page, up to 200; 50 by default.")

    @extend_schema(parameters=[Input], responses=UsagePage, tags=["usage"])
    def get(self, request: Request) -> Response:
        """Usage summed: one's own, for administrators their tenant's, for super admins everybody's."""
        asked = self.valid(self.Input, request.query_params)
        by, prices = asked["by"], Prices(asked["prices"])
        check_grouping(request, by)
        chosen = usage_in_reach(request, asked)
        page = summary_page(
            chosen,
            by=by,
            prices=prices,
            now=now(),
            limit=limit_of(request),
            after=after_cursor(request, by),
        )
        return key_page(
            request,
            with_names(page.rows, by=by),
            page.next and cursor_after(page.next, by),
            pinned=period_of(chosen),
            by=by,
            prices=prices.value,
            since=chosen.since,
            until=chosen.until,
        )
