"""POST /api/auth/password: choose another password."""

from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.auth.check_password import check_password
from gateway_project.api.auth.pair import PairOut, pair_response
from gateway_project.api.authentication import caller_of
from gateway_project.api.input import StrictInput
from gateway_project.api.views import ApiView
from metering.errors import NotPermitted
from metering.identity.people.set_password import set_password
from metering.identity.sessions.open_session import open_session


class OwnPassword(ApiView):
    class Input(StrictInput):
        current = serializers.CharField(max_length=256, trim_whitespace=False)
        password = serializers.CharField(max_length=256, trim_whitespace=False, help_text="The new one.")

    @extend_schema(request=Input, responses=PairOut, tags=["auth"])
    def post(self, request: Request) -> Response:
        """Every session ends; this answer begins a new one."""
        given, caller, moment = self.valid(self.Input, request.data), caller_of(request), now()
        if caller.session_id is None or caller.user is None:
            raise NotPermitted("An ATI token has no password; sign in.")
        user = check_password(request, email=caller.user.email, password=given["current"])
        set_password(user=user, password=given["password"], actor=caller.actor, now=moment)
        user.refresh_from_db()
        return pair_response(open_session(user=user, now=moment))
