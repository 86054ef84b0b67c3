"""POST /api/auth/token: sign in with an e-mail address and a password."""

from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate
from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.auth.pair import PairOut, pair_response
from gateway_project.api.views import PublicView
from gateway_project.client_address import address_of, check_network
from metering.errors import InvalidCredential, LimitUsage, RateLimited
from metering.identity.open_session import open_session
from metering.models import User
from metering.types import Dimension


class SignIn(PublicView):
    class Input(serializers.Serializer[object]):
        email = serializers.EmailField(max_length=254)
        password = serializers.CharField(max_length=256, trim_whitespace=False)

    @extend_schema(request=Input, responses=PairOut, tags=["auth"])
    def post(self, request: Request) -> Response:
        """A new session. Too many wrong passwords close the door for a while (429)."""
        given = self.valid(self.Input, request.data)
        plain: Any = request._request
        user = authenticate(plain, username=given["email"].lower(), password=given["password"])
        if getattr(plain, "axes_locked_out", False):
            plain.axes_locked_out = False  # or its middleware would answer a page instead
            raise _too_many()
        if not isinstance(user, User):
            raise InvalidCredential("The e-mail address or the password is wrong.")
        if user.signup_token is not None:
            check_network(address_of(plain), user.signup_token.allowed_networks)
        return pair_response(open_session(user=user, now=now()))


def _too_many() -> RateLimited:
    limit, wait = settings.AXES_FAILURE_LIMIT, settings.AXES_COOLOFF_TIME
    usage = LimitUsage(
        budget="wrong passwords",
        scope="user",
        dimension=Dimension.REQUESTS,
        current=limit,
        held=0,
        requested=1,
        limit=limit,
        period=f"{wait.total_seconds() // 60:.0f}m",
    )
    return RateLimited(
        "Too many wrong passwords. Try again later.",
        usage=usage,
        reset_at=now() + wait,
        retry_after_s=int(wait.total_seconds()),
    )
