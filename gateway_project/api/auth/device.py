"""POST /api/auth/device and /device/token: sign a machine in by a person who looks at the console (RFC 8628)."""

from urllib.parse import urlencode

from django.conf import settings
from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.auth.pair import PairOut, pair_response
from gateway_project.api.input import StrictInput
from gateway_project.api.name import Name
from gateway_project.api.views import PublicView
from gateway_project.http.request_headers import address_for_throttle, check_network, django_address_of
from metering.identity.devices.poll import approved_login, collect
from metering.identity.devices.start import start_device_login

PAGE = "/admin/device/"


class StartDeviceLogin(PublicView):
    class Input(StrictInput):
        machine = Name(max_length=100, help_text="What the person is told who asks: the machine's name.")

    class Output(serializers.Serializer[object]):
        device_code = serializers.CharField(help_text="For the machine alone.")
        user_code = serializers.CharField(help_text="For the person, such as BCDF-GHJK.")
        verification_uri = serializers.CharField(help_text="The console's page where the person decides.")
        verification_uri_complete = serializers.CharField(help_text="The same with the code filled in.")
        expires_in = serializers.IntegerField(help_text="Seconds until both codes are worthless.")
        interval = serializers.IntegerField(help_text="Seconds between two requests for the tokens.")

    @extend_schema(request=Input, responses={201: Output}, tags=["auth"])
    def post(self, request: Request) -> Response:
        """Ask for this machine to be signed in. Too many requests from one address are refused (429)."""
        given = self.valid(self.Input, request.data)
        address = address_for_throttle(request._request)
        started = start_device_login(machine=given["machine"], address=address, now=now())
        page = (
            f"{settings.PUBLIC_URL}{PAGE}"
            if settings.PUBLIC_URL
            else request._request.build_absolute_uri(PAGE)
        )
        facts = {
            "device_code": started.device_code,
            "user_code": started.user_code,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?{urlencode({'code': started.user_code})}",
            "expires_in": started.expires_in,
            "interval": started.interval,
        }
        return Response(self.Output(facts).data, status=201, headers={"Cache-Control": "no-store"})


class DeviceTokens(PublicView):
    class Input(StrictInput):
        device_code = serializers.CharField(max_length=128)

    @extend_schema(request=Input, responses=PairOut, tags=["auth"])
    def post(self, request: Request) -> Response:
        """The tokens, once somebody has approved it: once.

        Before that 400 with `authorization_pending`, or `slow_down` where it is asked sooner than `interval`; after it
        `access_denied` and `expired_token`. Showing a used code again ends the session that it was for.
        """
        given = self.valid(self.Input, request.data)
        moment = now()
        login = approved_login(device_code=given["device_code"], now=moment)
        token = login.user.signup_token if login.user is not None else None
        if token is not None:
            check_network(django_address_of(request._request), token.allowed_networks)
        return pair_response(collect(login=login, now=moment))
