"""/api/policy/blast-radius: what a change of a limit, a plan or a status would do, before it is made."""

from typing import Any
from uuid import UUID

from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.catalog.budgets import Budgets
from gateway_project.api.catalog.rules import Rules
from gateway_project.api.catalog.targets import editor_of_caller, take_target
from gateway_project.api.input import StrictInput
from gateway_project.api.permissions import IsTenantAdmin
from gateway_project.api.policy.fields import TAG
from gateway_project.api.reach import row_in_reach, tenant_in_reach
from gateway_project.api.views import ApiView
from metering.errors import InvalidRequest, NotFound
from metering.models import Budget, PolicyRule
from metering.policy.edit.may_edit import asking_about
from metering.simulation.blast_radius import blast_radius, radius_facts
from metering.simulation.change import (
    Change,
    budget_change,
    off_change,
    plan_change,
    rule_change,
    suspension,
)

KINDS = ("rule", "budget", "switch_off", "plan", "suspend")


class EstimateOut(serializers.Serializer[Any]):
    """What a sample makes of all calls: each stretch of it counts for as many calls as there are in it."""

    denied = serializers.IntegerField()
    denied_cost_usd = serializers.CharField()
    let_pass = serializers.IntegerField()
    let_pass_cost_usd = serializers.CharField()
    shortened = serializers.IntegerField()
    shortened_saves_usd = serializers.CharField()


class BlastRadiusOut(serializers.Serializer[Any]):
    """Money is decimal text in US dollars. Calls are those of [since, until) that were looked at."""

    tenants = serializers.IntegerField()
    tenant_names = serializers.ListField(
        child=serializers.CharField(), help_text="Slugs of the first of them."
    )
    people = serializers.IntegerField()
    tokens = serializers.IntegerField()
    above_already = serializers.IntegerField(help_text="Who has used up already what the budget would allow.")
    above_names = serializers.ListField(child=serializers.CharField())
    above_is_complete = serializers.BooleanField(
        help_text="False: there may be more; adding up takes too long."
    )
    calls = serializers.IntegerField(help_text="That were looked at.")
    of_calls = serializers.IntegerField(allow_null=True, help_text="That there are; null: too many to count.")
    denied = serializers.IntegerField(help_text="Calls that only the change would have denied.")
    denied_cost_usd = serializers.CharField()
    let_pass = serializers.IntegerField(help_text="Calls that only the change would have let pass.")
    let_pass_cost_usd = serializers.CharField()
    shortened = serializers.IntegerField(help_text="Answers that only the change would have cut shorter.")
    shortened_saves_usd = serializers.CharField()
    denied_then = serializers.IntegerField(
        help_text="Calls that the rule or budget really denied since `asked_since`. They are not in the log."
    )
    estimate = EstimateOut(
        allow_null=True, help_text="Of a sample; null: all were looked at, or nobody can say."
    )
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    asked_since = serializers.DateTimeField()
    sampled = serializers.BooleanField(help_text="Whether there are more calls than were looked at.")
    windows_unknown = serializers.BooleanField(
        help_text="Whether windows that had begun before count as empty then: adding them up takes too long."
    )
    asks_twice = serializers.BooleanField(help_text="Whether it would stop every call of the gateway.")
    took_s = serializers.FloatField()


class BlastRadius(ApiView):
    permission_classes = [IsTenantAdmin]

    class Input(StrictInput):
        class SwitchOffIn(StrictInput):
            rule = serializers.UUIDField(default=None, allow_null=True)
            budget = serializers.UUIDField(default=None, allow_null=True)

        class PlanIn(StrictInput):
            tenant = serializers.CharField(max_length=63, help_text="A slug.")
            plan = serializers.CharField(max_length=32, help_text="A plan's code.")

        class SuspendIn(StrictInput):
            tenant = serializers.CharField(max_length=63, help_text="A slug.")

        rule = Rules.Input(default=None, allow_null=True, help_text="As `POST /api/catalog/rules` takes it.")
        budget = Budgets.Input(
            default=None, allow_null=True, help_text="As `POST /api/catalog/budgets` takes it."
        )
        switch_off = SwitchOffIn(default=None, allow_null=True)
        plan = PlanIn(default=None, allow_null=True)
        suspend = SuspendIn(default=None, allow_null=True)

    @extend_schema(request=Input, responses=BlastRadiusOut, tags=TAG)
    def post(self, request: Request) -> Response:
        """Whom one change would concern, who is above it already, and what it would have denied in the last 7 days.

        Nothing is changed. It takes about two seconds at most: of more calls, a part is looked at (`sampled`).
        """
        given = self.valid(self.Input, request.data)
        named = [kind for kind in KINDS if given[kind] is not None]
        if len(named) != 1:
            raise InvalidRequest(f"Name one change: {', '.join(KINDS)}.", param=named[1] if named else "rule")
        change = _change(request, named[0], given[named[0]])
        return Response(BlastRadiusOut(radius_facts(blast_radius(change, now=now()))).data)


def _change(request: Request, kind: str, given: dict[str, Any]) -> Change:
    if kind in ("rule", "budget"):
        editor = editor_of_caller(request)
        target = take_target(given, editor)
        change = rule_change if kind == "rule" else budget_change
        return change(target=target, now=now(), editor=asking_about(editor, target), **given)
    if kind == "switch_off":
        return off_change(_row(request, given), now=now())
    tenant = tenant_in_reach(request, given["tenant"])
    return plan_change(tenant=tenant, plan=given["plan"]) if kind == "plan" else suspension(tenant)


def _row(request: Request, given: dict[str, UUID | None]) -> PolicyRule | Budget:
    if (given["rule"] is None) is (given["budget"] is None):
        raise InvalidRequest("Name either a rule or a budget.", param="switch_off")
    if given["rule"] is not None:
        return row_in_reach(PolicyRule.objects.select_related("tenant"), request, given["rule"])
    if given["budget"] is None:
        raise NotFound("There is no budget.")
    return row_in_reach(Budget.objects.select_related("tenant"), request, given["budget"])
