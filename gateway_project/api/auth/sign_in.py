"""POST /api/auth/token: sign in with an e-mail address and a password."""

from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.auth.check_password import check_password
from gateway_project.api.auth.pair import PairOut, pair_response
from gateway_project.api.input import StrictInput
from gateway_project.api.views import PublicView
from gateway_project.http.request_headers import check_network, django_address_of
from metering.identity.sessions.open_session import open_session


class SignIn(PublicView):
    class Input(StrictInput):
        email = serializers.EmailField(max_length=254)
        password = serializers.CharField(max_length=256, trim_whitespace=False)

    @extend_schema(request=Input, responses=PairOut, tags=["auth"])
    def post(self, request: Request) -> Response:
        """A new session. Too many wrong passwords close the door for a while (429)."""
        given = self.valid(self.Input, request.data)
        user = check_password(request, email=given["email"], password=given["password"])
        if user.signup_token is not None:
            check_network(django_address_of(request._request), user.signup_token.allowed_networks)
        return pair_response(open_session(user=user, now=now()))
