"""GET /api/plan: the caller's own plan, what it allows, and every limit in force."""

from datetime import datetime
from typing import Any

from django.utils.timezone import now
from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.authentication import caller_of, principal_of
from gateway_project.api.permissions import ADMINS
from gateway_project.api.policy.effective import LimitOut
from gateway_project.api.query import asks, query_text
from gateway_project.api.reach import tenant_in_reach, tenant_or_all
from gateway_project.api.schema import TENANT
from gateway_project.api.views import ApiView
from metering.admission.plan import asker_of
from metering.errors import InvalidRequest, NotFound
from metering.models import Tenant
from metering.policy.values import PolicySubject
from metering.simulation.own_plan import OwnPlan, own_plan, own_plan_code, plans_of
from metering.simulation.report import limit_facts

PLAN = OpenApiParameter(
    "plan",
    str,
    description="For administrators: which of the tenant's plans, by code; the own one by default.",
)


class NamedOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()


class TaskOfPlanOut(NamedOut):
    feature = serializers.CharField(help_text="What the plan contains for it.")
    classes = NamedOut(many=True, help_text="Classes of models, from cheap to dear.")
    default_class = NamedOut(help_text="Taken where a call names none.")


class OwnPlanOut(serializers.Serializer[OwnPlan]):
    """A plan as somebody on it has it."""

    plan = NamedOut()
    plans = NamedOut(many=True, help_text="All those that live tokens of the tenant are on.")
    features = NamedOut(many=True)
    tasks = TaskOfPlanOut(many=True, help_text="Without those that the own token does not allow.")
    limits = serializers.SerializerMethodField(help_text="As at /api/policy/effective.")
    may_keep_keys = serializers.BooleanField(help_text="Whether the tenant may keep vendor keys of its own.")
    key_providers = serializers.ListField(child=serializers.CharField(), help_text="For which vendors.")

    @extend_schema_field(LimitOut(many=True))
    def get_limits(self, found: OwnPlan) -> Any:
        return LimitOut([limit_facts(limit) for limit in found.limits], many=True).data


class MyPlan(ApiView):
    @asks(TENANT, PLAN, responses=OwnPlanOut, tags=["plan"])
    def get(self, request: Request) -> Response:
        """What the own plan allows: of the whole tenant for administrators, of oneself for everybody else."""
        moment = now()
        tenant_or_all(request)  # `?tenant=` means the same on every route
        tenant = tenant_in_reach(request, query_text(request, "tenant", max_length=63))
        named = query_text(request, "plan", max_length=32)
        if caller_of(request).role in ADMINS:
            subject = PolicySubject(tenant.pk, _plan_of(request, tenant, named, moment), None, None, None)
            found = own_plan(tenant=tenant, subject=subject, now=moment)
        else:
            asker = asker_of(principal_of(request))
            if named not in ("", asker.subject.plan):
                raise NotFound(f"You are not on a plan {named!r}.", param="plan")
            found = own_plan(
                tenant=tenant, subject=asker.subject, now=moment, allowed_tasks=asker.allowed_tasks
            )
        return Response(OwnPlanOut(found).data)


def _plan_of(request: Request, tenant: Tenant, named: str, moment: datetime) -> str:
    """An administrator's own plan, or another one of the tenant. Raises NotFound for one that is none of it."""
    if named:
        return own_plan_code(tenant, named, now=moment)
    codes = [plan.code for plan in plans_of(tenant, now=moment)]
    token = caller_of(request).token
    own = token.plan_tier_id if token is not None and token.tenant_id == tenant.pk else None
    if own in codes:
        return str(own)
    if not codes:
        raise InvalidRequest(f"The tenant {tenant.slug!r} has no live ATI token, so it is on no plan.")
    return codes[0]
