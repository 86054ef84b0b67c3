"""POST /api/auth/password/forgotten and /reset: another password for somebody who has forgotten theirs."""

from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.input import StrictInput
from gateway_project.api.views import PublicView
from gateway_project.http.request_headers import address_for_throttle
from metering.identity.people.request_reset import ANSWER, request_reset
from metering.identity.people.reset_password import reset_password


class ForgottenPassword(PublicView):
    class Input(StrictInput):
        email = serializers.EmailField(max_length=254)

    class Output(serializers.Serializer[object]):
        message = serializers.CharField(help_text="The same whether there is an account or not.")

    @extend_schema(request=Input, responses={202: Output}, tags=["auth"])
    def post(self, request: Request) -> Response:
        """Send a mail with which another password can be chosen. Too many requests are refused (429)."""
        given = self.valid(self.Input, request.data)
        request_reset(email=given["email"], address=address_for_throttle(request._request), now=now())
        return Response(self.Output({"message": ANSWER}).data, status=202)


class ResetPassword(PublicView):
    class Input(StrictInput):
        token = serializers.CharField(max_length=256, help_text="From the mail.")
        password = serializers.CharField(max_length=256, trim_whitespace=False, help_text="The new one.")

    @extend_schema(request=Input, responses={204: None}, tags=["auth"])
    def post(self, request: Request) -> Response:
        """Choose another password, once. Every session ends; sign in with the new one."""
        given = self.valid(self.Input, request.data)
        reset_password(token=given["token"], password=given["password"], now=now())
        return Response(status=204)
