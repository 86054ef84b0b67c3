"""/api/overrides and /api/top-ups: what is added to budgets for a while, and the credit that tenants have paid."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.timezone import now
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.authentication import caller_of
from gateway_project.api.input import StrictInput
from gateway_project.api.permissions import IsSuperAdmin, IsTenantAdmin
from gateway_project.api.query import query_uuid
from gateway_project.api.reach import in_reach, row_in_reach, tenant_in_reach_or_all
from gateway_project.api.schema import paged
from gateway_project.api.views import ApiView
from metering.errors import NotFound
from metering.models import Budget, BudgetOverride, User
from metering.policy.edit.set_budget import parse_amount
from metering.policy.overrides.add import add_override
from metering.policy.overrides.counter import Counter, counter_of
from metering.policy.overrides.remove import remove_override
from metering.policy.overrides.top_up import top_up
from metering.types import Dimension
from metering.usage.status import amount_as_json

TAG = ["quota"]
AMOUNT = "US dollars for cost, else a number."
SUBJECT = (
    "Whose counter, as `subject_id` of /api/budgets names it, or a slug, an address, a prefix. "
    "Null: everybody's of the tenant."
)
ABOUT = OpenApiParameter("budget", UUID, description="Only those of this budget.")


class OverrideOut(serializers.Serializer[BudgetOverride]):
    """An override or a top-up. Who of the operators made it is told to operators only."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=BudgetOverride.Kind.values)
    budget = serializers.UUIDField(source="budget_id")
    dimension = serializers.CharField(source="budget.dimension")
    window = serializers.CharField(source="budget.window")
    tenant_id = serializers.UUIDField(allow_null=True)
    subject_id = serializers.CharField(allow_null=True, help_text="Null: everybody's of the tenant.")
    amount = serializers.SerializerMethodField(help_text=f"What it adds. {AMOUNT}")
    windows = serializers.IntegerField(allow_null=True, help_text="Null: until it is removed.")
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(allow_null=True)
    is_in_force = serializers.SerializerMethodField()
    reason = serializers.CharField()
    reference = serializers.CharField(help_text="Of a top-up.")
    created_at = serializers.DateTimeField()
    removed_at = serializers.DateTimeField(allow_null=True)

    def get_amount(self, row: BudgetOverride) -> str:
        return str(amount_as_json(Dimension(row.budget.dimension))(row.amount))

    def get_is_in_force(self, row: BudgetOverride) -> bool:
        return row.removed_at is None and (row.ends_at is None or row.ends_at > now())


class OverrideForOperators(OverrideOut):
    """The same with who made it."""

    made_by = serializers.CharField()
    removed_by = serializers.CharField()


class CounterIn(StrictInput):
    """One counter of a budget."""

    budget = serializers.UUIDField()
    tenant = serializers.CharField(
        max_length=63, default="", allow_blank=True, help_text="A slug: of a plan's or the gateway's budget."
    )
    subject = serializers.CharField(
        max_length=254, default=None, allow_null=True, allow_blank=True, help_text=SUBJECT
    )
    amount = serializers.CharField(max_length=40, help_text=AMOUNT)
    reason = serializers.CharField(max_length=500, default="", allow_blank=True)


class Overrides(ApiView):
    class Input(CounterIn):
        windows = serializers.IntegerField(
            default=None, allow_null=True, help_text="The present one, and those that follow. Null: no end."
        )

    def get_permissions(self) -> list[BasePermission]:
        """Administrators read their tenant's; super admins make them."""
        return [IsSuperAdmin() if self.request.method == "POST" else IsTenantAdmin()]

    @paged(OverrideForOperators, ABOUT, tags=TAG)
    def get(self, request: Request) -> Response:
        """Overrides and top-ups, the newest first, also those that have ended."""
        return self.page(_asked(request, BudgetOverride.objects.all()), _out(request))

    @extend_schema(request=Input, responses={201: OverrideForOperators}, tags=TAG)
    def post(self, request: Request) -> Response:
        """Raise a budget for so many windows, or until it is removed. Its own amount stays as it is."""
        given = self.valid(self.Input, request.data)
        row = add_override(
            counter=(counter := _counter(request, given)),
            amount=parse_amount(counter.budget.dimension, given["amount"]),
            windows=given["windows"],
            reason=given["reason"],
            actor=caller_of(request).actor,
            now=now(),
        )
        return Response(OverrideForOperators(row).data, status=201)


class OneOverride(ApiView):
    def get_permissions(self) -> list[BasePermission]:
        """Administrators read their tenant's; super admins remove them."""
        return [IsSuperAdmin() if self.request.method == "DELETE" else IsTenantAdmin()]

    @extend_schema(responses=OverrideForOperators, tags=TAG)
    def get(self, request: Request, pk: UUID) -> Response:
        """One override or top-up."""
        return Response(_out(request)(row_in_reach(_rows(), request, pk)).data)

    @extend_schema(responses=OverrideForOperators, tags=TAG)
    def delete(self, request: Request, pk: UUID) -> Response:
        """End an override now. What was used stays used."""
        row = row_in_reach(_rows(), request, pk)
        done = remove_override(override=row, actor=caller_of(request).actor, now=now())
        return Response(OverrideForOperators(done).data)


class TopUps(ApiView):
    class Input(CounterIn):
        reference = serializers.CharField(max_length=64, help_text="Of the payment: each counts once.")

    def get_permissions(self) -> list[BasePermission]:
        """Administrators read their tenant's; super admins record them."""
        return [IsSuperAdmin() if self.request.method == "POST" else IsTenantAdmin()]

    @paged(OverrideForOperators, ABOUT, tags=TAG)
    def get(self, request: Request) -> Response:
        """Credit that was paid, the newest first."""
        rows = BudgetOverride.objects.filter(kind=BudgetOverride.Kind.TOP_UP)
        return self.page(_asked(request, rows), _out(request))

    @extend_schema(request=Input, responses={200: OverrideForOperators, 201: OverrideForOperators}, tags=TAG)
    def post(self, request: Request) -> Response:
        """Add what a tenant has paid to its budget of cost in all (201). The same reference again adds none (200)."""
        given = self.valid(self.Input, request.data)
        done = top_up(
            counter=(counter := _counter(request, given)),
            amount=parse_amount(counter.budget.dimension, given["amount"]),
            reference=given["reference"],
            reason=given["reason"],
            actor=caller_of(request).actor,
            now=now(),
        )
        return Response(OverrideForOperators(done.override).data, status=201 if done.created else 200)


def _rows() -> QuerySet[BudgetOverride]:
    return BudgetOverride.objects.select_related("budget")


def _asked(request: Request, rows: QuerySet[BudgetOverride]) -> QuerySet[BudgetOverride]:
    budget = query_uuid(request, "budget")
    rows = rows.select_related("budget")
    return in_reach(rows if budget is None else rows.filter(budget=budget), request)


def _out(request: Request) -> type[OverrideOut]:
    return OverrideForOperators if caller_of(request).role == User.Role.SUPER_ADMIN else OverrideOut


def _counter(request: Request, given: dict[str, Any]) -> Counter:
    budget = Budget.objects.select_related("tenant").filter(pk=given["budget"]).first()
    if budget is None:
        raise NotFound(f"There is no budget {given['budget']}.", param="budget")
    tenant = tenant_in_reach_or_all(request, given["tenant"])
    return counter_of(budget, tenant=tenant, subject=given["subject"])
