"""POST /api/auth/signup: become a user of a tenant with one of its ATI tokens."""

from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.auth.pair import PairOut, pair_response
from gateway_project.api.input import StrictInput
from gateway_project.api.views import PublicView
from gateway_project.http.request_headers import check_network, django_address_of
from gateway_project.lockout import sign_ups_counted
from metering.identity.identify import live_token
from metering.identity.people.sign_up import sign_up
from metering.identity.sessions.open_session import open_session


class SignUp(PublicView):
    class Input(StrictInput):
        ati_token = serializers.CharField(max_length=128, help_text="One with sign-ups left.")
        email = serializers.EmailField(max_length=254)
        password = serializers.CharField(max_length=256, trim_whitespace=False)
        name = serializers.CharField(max_length=200, default="", allow_blank=True)

    @extend_schema(request=Input, responses={201: PairOut}, tags=["auth"])
    def post(self, request: Request) -> Response:
        """A new user on the token's plan, signed in. The first one of a tenant is its administrator.

        Too many refused ones close the door for a while (429).
        """
        given = self.valid(self.Input, request.data)
        moment = now()
        with sign_ups_counted(request._request, email=given["email"]):
            token, _ = live_token(secret=given.pop("ati_token").strip(), now=moment)
            check_network(django_address_of(request._request), token.allowed_networks)
            user = sign_up(token=token, now=moment, **given)
        return pair_response(open_session(user=user, now=moment), status=201)
