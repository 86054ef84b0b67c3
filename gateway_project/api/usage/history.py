"""GET /api/usage: what was used, by day, model, task, user, team, agent, tag or another label."""

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.choice import Choice
from gateway_project.api.query import asks
from gateway_project.api.usage.asked import GROUP_CHOICES, AskedIn
from gateway_project.api.usage.rows import UsagePage
from gateway_project.api.usage.sums import summed
from gateway_project.api.views import ApiView


class History(ApiView):
    class Input(AskedIn):
        by = Choice(choices=GROUP_CHOICES, default="day")
        tz = serializers.CharField(
            default="",
            help_text="The zone whose days `by=day` has, such as Europe/Berlin; by default the tenant's.",
        )
        cursor = serializers.CharField(default=None, help_text="From `next` of another page.")
        limit = serializers.IntegerField(default=None, help_text="Rows in a page, up to 200; 50 by default.")

    @asks(Input, responses=UsagePage, tags=["usage"])
    def get(self, request: Request) -> Response:
        """Usage summed: one's own, for administrators their tenant's, for super admins everybody's."""
        return summed(request, self.valid(self.Input, request.query_params))
