"""POST /api/auth/token/refresh: the next pair of tokens."""

from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.auth.pair import PairOut, pair_response
from gateway_project.api.input import StrictInput
from gateway_project.api.views import PublicView
from metering.identity.sessions.refresh_session import refresh_session


class Refresh(PublicView):
    class Input(StrictInput):
        refresh = serializers.CharField(max_length=4096)

    @extend_schema(request=Input, responses=PairOut, tags=["auth"])
    def post(self, request: Request) -> Response:
        """A new pair. The old refresh token gets the same next one for 30 seconds; shown later it ends the session."""
        given = self.valid(self.Input, request.data)
        return pair_response(refresh_session(refresh=given["refresh"], now=now()))
