"""POST /api/auth/invitation: become a user of a tenant by the mail of an invitation."""

from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.auth.pair import PairOut, pair_response
from gateway_project.api.input import StrictInput
from gateway_project.api.views import PublicView
from gateway_project.http.request_headers import check_network, django_address_of
from metering.identity.invitations.accept import accept_invitation, read_invitation
from metering.identity.sessions.open_session import open_session


class AcceptInvitation(PublicView):
    class Input(StrictInput):
        token = serializers.CharField(max_length=256, help_text="From the mail.")
        password = serializers.CharField(max_length=256, trim_whitespace=False)
        name = serializers.CharField(max_length=200, default="", allow_blank=True)

    @extend_schema(request=Input, responses={201: PairOut}, tags=["auth"])
    def post(self, request: Request) -> Response:
        """Choose a password, once; the answer is a new user, signed in."""
        given = self.valid(self.Input, request.data)
        moment = now()
        invitation = read_invitation(given["token"], now=moment)
        check_network(django_address_of(request._request), invitation.token.allowed_networks)
        user = accept_invitation(
            invitation=invitation, password=given["password"], name=given["name"], now=moment
        )
        return pair_response(open_session(user=user, now=moment), status=201)
