"""/api/tokens: ATI tokens of the caller's tenant."""

from typing import Any
from uuid import UUID

from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.authentication import caller_of, ceiling_of_caller
from gateway_project.api.identity.token_fields import NarrowedIn, SecretOut, TokenOut, with_rows
from gateway_project.api.input import OtherName
from gateway_project.api.permissions import IsTenantAdmin
from gateway_project.api.reach import in_reach, row_in_reach, tenant_in_reach
from gateway_project.api.schema import paged
from gateway_project.api.views import ApiView
from metering.errors import InvalidRequest
from metering.identity.tokens.ceiling import plan_holder
from metering.identity.tokens.change_token import TokenChanges, change_token
from metering.identity.tokens.issue_token import issue_token
from metering.models import ATIToken

TAG = ["tokens"]


class Tokens(ApiView):
    permission_classes = [IsTenantAdmin]

    class Input(NarrowedIn):
        plan = serializers.CharField(
            max_length=32, default="", help_text="A tenant's own administrators pass on their own."
        )
        tenant = serializers.SlugField(default="", help_text="For super admins.")
        tenant_id = OtherName("tenant")

    @paged(TokenOut, tags=TAG)
    def get(self, request: Request) -> Response:
        """Tokens, the newest first."""
        return self.page(in_reach(ATIToken.objects.all(), request), TokenOut)

    @extend_schema(request=Input, responses={201: SecretOut}, tags=TAG)
    def post(self, request: Request) -> Response:
        """Issue a token. Its secret is in this answer and nowhere else."""
        given = self.valid(self.Input, request.data)
        tenant = tenant_in_reach(request, given.pop("tenant"))
        ceiling = ceiling_of_caller(request)
        plan = given.pop("plan") or (plan_holder(ceiling).plan_tier_id if ceiling is not None else "")
        if not plan:
            raise InvalidRequest("Name the plan.", param="plan")
        issued = issue_token(
            tenant=tenant,
            plan_code=plan,
            ceiling=ceiling,
            actor=caller_of(request).actor,
            now=now(),
            **with_rows(given, tenant),
        )
        return Response(SecretOut(issued).data, status=201, headers={"Cache-Control": "no-store"})


class OneToken(ApiView):
    permission_classes = [IsTenantAdmin]

    @extend_schema(responses=TokenOut, tags=TAG)
    def get(self, request: Request, pk: UUID) -> Response:
        """A token."""
        return Response(TokenOut(row_in_reach(ATIToken.objects.all(), request, pk)).data)

    @extend_schema(request=NarrowedIn, responses=TokenOut, tags=TAG)
    def patch(self, request: Request, pk: UUID) -> Response:
        """Bind or narrow a token; what is not named stays as it is."""
        row = row_in_reach(ATIToken.objects.select_related("tenant"), request, pk)
        given: Any = with_rows(self.changes(NarrowedIn, request.data, TokenOut(row).data), row.tenant)
        changes: TokenChanges = given
        changed = change_token(
            token=row,
            changes=changes,
            ceiling=ceiling_of_caller(request),
            actor=caller_of(request).actor,
            now=now(),
        )
        return Response(TokenOut(changed).data)
