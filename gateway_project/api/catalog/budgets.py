"""/api/catalog/budgets: budgets of every scope. How much of them is used: /api/budgets."""

from typing import Any
from uuid import UUID

from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.authentication import caller_of
from gateway_project.api.catalog.targets import TargetIn, editor_of_caller, take_target
from gateway_project.api.choice import Choice
from gateway_project.api.permissions import IsTenantAdmin
from gateway_project.api.reach import in_reach, row_in_reach
from gateway_project.api.schema import paged
from gateway_project.api.views import ApiView
from metering.models import Budget
from metering.money import usd_text
from metering.policy.edit.set_budget import set_budget
from metering.policy.edit.switch_off import switch_off
from metering.rules.budgets import DIMENSIONS, WINDOWS
from metering.thresholds import MAX_THRESHOLDS
from metering.types import MODES, Dimension, Scope, Setter, SubjectType

TAG = ["catalog"]


class BudgetOut(serializers.Serializer[Budget]):
    id = serializers.UUIDField()
    scope = serializers.ChoiceField(choices=[scope.value for scope in Scope])
    scope_id = serializers.CharField()
    tenant_id = serializers.UUIDField(allow_null=True)
    per = serializers.CharField(help_text="Whose use is counted.")
    task = serializers.CharField(source="task_id", allow_null=True)
    model_class = serializers.CharField(source="model_class_id", allow_null=True)
    dimension = serializers.CharField()
    window = serializers.CharField()
    amount = serializers.SerializerMethodField(help_text="US dollars for cost, else a number.")
    hard = serializers.BooleanField()
    mode = serializers.CharField()
    enforce_percent = serializers.IntegerField()
    thresholds = serializers.ListField(child=serializers.IntegerField())
    set_by = serializers.ChoiceField(
        choices=[each.value for each in Setter],
        help_text="An operator, or the tenant's own administrators: only they change it.",
    )
    is_active = serializers.BooleanField()
    created_at = serializers.DateTimeField()

    def get_amount(self, row: Budget) -> str:
        return usd_text(row.amount) if row.dimension == Dimension.COST else str(row.amount)


class Budgets(ApiView):
    permission_classes = [IsTenantAdmin]

    class Input(TargetIn):
        task = serializers.CharField(max_length=32, default=None, allow_null=True)
        model_class = serializers.CharField(max_length=16, default=None, allow_null=True)
        dimension = Choice(choices=DIMENSIONS)
        window = Choice(choices=WINDOWS)
        amount = serializers.CharField(max_length=40, help_text="US dollars for cost, else a number.")
        per = Choice(
            choices=[subject.value for subject in SubjectType],
            default=None,
            allow_null=True,
            help_text="Whose use is counted; the scope's own, of a plan each tenant's.",
        )
        soft = serializers.BooleanField(
            required=False, help_text="Warn instead of blocking; false, if neither is said."
        )
        hard = serializers.BooleanField(required=False, help_text="The contrary of `soft`.")
        is_active = serializers.BooleanField(default=True)
        mode = Choice(choices=MODES, default=None, allow_null=True, help_text="None: as it is, or enforce.")
        enforce_percent = serializers.IntegerField(
            min_value=0,
            max_value=100,
            default=None,
            allow_null=True,
            help_text="In mode enforce: for so many of a hundred users and tokens. The others are observed.",
        )
        thresholds = serializers.ListField(
            child=serializers.IntegerField(),
            max_length=MAX_THRESHOLDS,
            default=None,
            allow_null=True,
            help_text="Percentages that raise an alert.",
        )

        def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
            hard, soft = attrs.pop("hard", None), attrs.pop("soft", None)
            if hard is not None and hard is soft:
                raise serializers.ValidationError({"hard": ["says otherwise than 'soft'; give one of them."]})
            return {**attrs, "soft": bool(soft) if hard is None else not hard}

    @paged(BudgetOut, tags=TAG)
    def get(self, request: Request) -> Response:
        """Budgets, the newest first."""
        return self.page(in_reach(Budget.objects.all(), request), BudgetOut)

    @extend_schema(request=Input, responses={200: BudgetOut, 201: BudgetOut}, tags=TAG)
    def post(self, request: Request) -> Response:
        """A new budget (201), or the one of the same target, dimension, window, task and class changed (200)."""
        given, editor = self.valid(self.Input, request.data), editor_of_caller(request)
        target = take_target(given, editor)
        done = set_budget(target=target, actor=caller_of(request).actor, now=now(), editor=editor, **given)
        return Response(BudgetOut(done.budget).data, status=201 if done.created else 200)


class OneBudget(ApiView):
    permission_classes = [IsTenantAdmin]

    @extend_schema(responses=BudgetOut, tags=TAG)
    def get(self, request: Request, pk: UUID) -> Response:
        """A budget."""
        return Response(BudgetOut(row_in_reach(Budget.objects.all(), request, pk)).data)

    @extend_schema(responses=BudgetOut, tags=TAG)
    def delete(self, request: Request, pk: UUID) -> Response:
        """Switch a budget off."""
        row = row_in_reach(Budget.objects.all(), request, pk)
        editor = editor_of_caller(request)
        done = switch_off(row=row, actor=caller_of(request).actor, now=now(), editor=editor)
        return Response(BudgetOut(done).data)


class OwnBudget(OneBudget):
    """At /api/budgets/{id}."""
