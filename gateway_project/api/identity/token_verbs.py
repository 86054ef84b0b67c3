"""/api/tokens/…/rotate and /revoke."""

from datetime import timedelta
from uuid import UUID

from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.authentication import caller_of, ceiling_of_caller
from gateway_project.api.identity.token_fields import SecretOut, TokenOut
from gateway_project.api.input import StrictInput
from gateway_project.api.permissions import IsTenantAdmin
from gateway_project.api.reach import row_in_reach
from gateway_project.api.views import ApiView
from metering.identity.tokens.revoke_token import revoke_token
from metering.identity.tokens.rotate_token import MAX_GRACE, rotate_token
from metering.models import ATIToken


class RotateToken(ApiView):
    permission_classes = [IsTenantAdmin]

    class Input(StrictInput):
        grace_s = serializers.IntegerField(
            min_value=0,
            max_value=int(MAX_GRACE.total_seconds()),
            default=0,
            help_text="Seconds for which the secret of before works too.",
        )

    @extend_schema(request=Input, responses=SecretOut, tags=["tokens"])
    def post(self, request: Request, pk: UUID) -> Response:
        """The same token with a new secret, which is in this answer and nowhere else."""
        given = self.valid(self.Input, request.data)
        issued = rotate_token(
            token=row_in_reach(ATIToken.objects.all(), request, pk),
            grace=timedelta(seconds=given["grace_s"]),
            ceiling=ceiling_of_caller(request),
            actor=caller_of(request).actor,
            now=now(),
        )
        return Response(SecretOut(issued).data, headers={"Cache-Control": "no-store"})


class RevokeToken(ApiView):
    permission_classes = [IsTenantAdmin]

    @extend_schema(request=None, responses=TokenOut, tags=["tokens"])
    def post(self, request: Request, pk: UUID) -> Response:
        """End a token for good, and with it everybody who signed up with it, on every process within a second."""
        self.take_nothing(request)
        row = row_in_reach(ATIToken.objects.all(), request, pk)
        return Response(TokenOut(revoke_token(token=row, actor=caller_of(request).actor, now=now())).data)
