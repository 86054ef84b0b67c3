"""POST /api/auth/logout: end the session that the access token belongs to."""

from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.authentication import caller_of
from gateway_project.api.views import ApiView
from metering.errors import InvalidRequest
from metering.identity.sessions.end_session import end_session


class LogOut(ApiView):
    @extend_schema(request=None, responses={204: None}, tags=["auth"])
    def post(self, request: Request) -> Response:
        """None of the session's tokens works from now on."""
        self.take_nothing(request)
        session_id = caller_of(request).session_id
        if session_id is None:
            raise InvalidRequest("An ATI token has no session to end; it can be revoked.")
        end_session(session_id=session_id, now=now())
        return Response(status=204)
