"""GET /api/usage/top: who, or which conversation, costs most."""

from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.choice import Choice
from gateway_project.api.keyset import key_page, limit_of
from gateway_project.api.permissions import IsTenantAdmin
from gateway_project.api.usage.asked import GROUP_CHOICES, AskedIn, check_grouping, usage_in_reach
from gateway_project.api.usage.rows import UsagePage
from gateway_project.api.views import ApiView
from metering.usage.names import with_names
from metering.usage.prices import Prices
from metering.usage.summary import summary_page


class Top(ApiView):
    permission_classes = [IsTenantAdmin]

    class Input(AskedIn):
        by = Choice(choices=GROUP_CHOICES, default="user")
        limit = serializers.IntegerField(default=None, help_text="How many, up to 200; 50 by default.")

    @extend_schema(parameters=[Input], responses=UsagePage, tags=["usage"])
    def get(self, request: Request) -> Response:
        """Top spenders (`by=user`, `team`, `agent`, `token`) and the dearest conversations, the dearest first."""
        asked = self.valid(self.Input, request.query_params)
        by, prices = asked["by"], Prices(asked["prices"])
        check_grouping(request, by)
        chosen = usage_in_reach(request, asked)
        page = summary_page(
            chosen, by=by, prices=prices, now=now(), limit=limit_of(request), dearest_first=True
        )
        rows = with_names(page.rows, by=by)
        return key_page(
            request, rows, None, by=by, prices=prices.value, since=chosen.since, until=chosen.until
        )
