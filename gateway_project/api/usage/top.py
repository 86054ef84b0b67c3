"""GET /api/usage/top: who, or which conversation, costs most."""

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.choice import Choice
from gateway_project.api.permissions import IsTenantAdmin
from gateway_project.api.query import asks
from gateway_project.api.usage.asked import GROUP_CHOICES, AskedIn
from gateway_project.api.usage.rows import UsagePage
from gateway_project.api.usage.sums import summed
from gateway_project.api.views import ApiView


class Top(ApiView):
    permission_classes = [IsTenantAdmin]

    class Input(AskedIn):
        by = Choice(choices=GROUP_CHOICES, default="user")
        limit = serializers.IntegerField(default=None, help_text="How many, up to 200; 50 by default.")

    @asks(Input, responses=UsagePage, tags=["usage"])
    def get(self, request: Request) -> Response:
        """Top spenders (`by=user`, `team`, `agent`, `token`, `tag`) and the dearest conversations, in that order."""
        return summed(request, self.valid(self.Input, request.query_params), dearest_first=True)
