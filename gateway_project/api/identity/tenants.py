"""/api/tenants: the customers, for super admins."""

from typing import Any

from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.authentication import caller_of
from gateway_project.api.choice import Choice
from gateway_project.api.input import StrictInput
from gateway_project.api.permissions import IsSuperAdmin
from gateway_project.api.schema import paged
from gateway_project.api.views import ApiView
from metering.identity.find import find_tenant
from metering.identity.tenants.assign_plan import assign_plan
from metering.identity.tenants.change_tenant import TenantChanges, change_tenant
from metering.identity.tenants.create_tenant import create_tenant
from metering.identity.tenants.set_tenant_status import set_tenant_status
from metering.models import Tenant
from metering.types import MODES

TAG = ["tenants"]


class TenantOut(serializers.Serializer[Tenant]):
    id = serializers.UUIDField()
    slug = serializers.SlugField()
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=Tenant.Status.choices)
    timezone = serializers.CharField()
    week_start = serializers.IntegerField(help_text="0 is Monday, 6 is Sunday.")
    enforcement_mode = serializers.ChoiceField(choices=MODES)
    markup_percent = serializers.DecimalField(
        max_digits=7, decimal_places=3, help_text="What its calls cost above the vendors' prices."
    )
    created_at = serializers.DateTimeField()


class Tenants(ApiView):
    permission_classes = [IsSuperAdmin]

    class Input(StrictInput):
        slug = serializers.SlugField(max_length=63)
        name = serializers.CharField(max_length=200)
        timezone = serializers.CharField(max_length=64, default="UTC", help_text="An IANA name.")
        week_start = serializers.IntegerField(min_value=0, max_value=6, default=0)

    @paged(TenantOut, tags=TAG, of_tenants=False)
    def get(self, request: Request) -> Response:
        """Tenants, the newest first."""
        return self.page(Tenant.objects.all(), TenantOut)

    @extend_schema(request=Input, responses={200: TenantOut, 201: TenantOut}, tags=TAG)
    def post(self, request: Request) -> Response:
        """A new tenant (201). The same facts again: the same tenant (200)."""
        given = self.valid(self.Input, request.data)
        tenant, is_new = create_tenant(actor=caller_of(request).actor, now=now(), **given)
        return Response(TenantOut(tenant).data, status=201 if is_new else 200)


class OneTenant(ApiView):
    permission_classes = [IsSuperAdmin]

    class Input(StrictInput):
        name = serializers.CharField(max_length=200, required=False)
        status = Choice(choices=Tenant.Status.choices, required=False)
        timezone = serializers.CharField(max_length=64, required=False)
        week_start = serializers.IntegerField(min_value=0, max_value=6, required=False)
        enforcement_mode = Choice(choices=MODES, required=False)
        markup_percent = serializers.DecimalField(
            max_digits=7, decimal_places=3, min_value=-100, max_value=1000, required=False
        )

    @extend_schema(responses=TenantOut, tags=TAG)
    def get(self, request: Request, slug: str) -> Response:
        """One tenant."""
        return Response(TenantOut(find_tenant(slug)).data)

    @extend_schema(request=Input, responses=TenantOut, tags=TAG)
    def patch(self, request: Request, slug: str) -> Response:
        """Change a tenant. All credentials of one that is not ACTIVE are refused; CLOSED is for good."""
        tenant, actor, moment = find_tenant(slug), caller_of(request).actor, now()
        given: Any = self.changes(self.Input, request.data, TenantOut(tenant).data)
        status = given.pop("status", None)
        changes: TenantChanges = given
        tenant = change_tenant(tenant=tenant, changes=changes, actor=actor, now=moment)
        if status is not None:
            tenant = set_tenant_status(tenant=tenant, status=Tenant.Status(status), actor=actor, now=moment)
        return Response(TenantOut(tenant).data)


class TenantPlan(ApiView):
    permission_classes = [IsSuperAdmin]

    class Input(StrictInput):
        plan = serializers.CharField(max_length=32)

    class Output(serializers.Serializer[object]):
        tenant = serializers.SlugField()
        plan = serializers.CharField()
        tokens_changed = serializers.IntegerField()

    @extend_schema(request=Input, responses=Output, tags=TAG)
    def put(self, request: Request, slug: str) -> Response:
        """Move all live tokens of the tenant, and whoever signed up with them, to another plan."""
        plan = self.valid(self.Input, request.data)["plan"]
        moved = assign_plan(
            tenant=find_tenant(slug), plan_code=plan, actor=caller_of(request).actor, now=now()
        )
        return Response(self.Output({"tenant": slug, "plan": plan, "tokens_changed": moved}).data)
