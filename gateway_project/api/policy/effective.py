"""/api/policy/effective: every limit that counts for the caller, or for somebody in an administrator's reach."""

from typing import Any

from django.utils.timezone import now
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.authentication import caller_of
from gateway_project.api.choice import Choice
from gateway_project.api.policy.asked import asked_about
from gateway_project.api.policy.fields import TAG, WhoIn
from gateway_project.api.query import asks
from gateway_project.api.reach import tenant_or_all
from gateway_project.api.views import ApiView
from metering.models import User
from metering.policy.source import read_policy_rows
from metering.simulation.effective_limits import effective_limits
from metering.simulation.report import limit_facts
from metering.types import MODES, Scope, Task


class SetByOut(serializers.Serializer[Any]):
    """A value, and whose rule or budget sets it."""

    value = serializers.JSONField(help_text="Of a budget of cost US dollars as text.")
    set_by = serializers.CharField(help_text="As people call it: `everyone`, `plan PRO`, a tenant's slug.")
    scope = serializers.ChoiceField(
        choices=[scope.value for scope in Scope], allow_null=True, help_text="Null: the value is built in."
    )
    id = serializers.UUIDField(allow_null=True, help_text="Of the rule or budget.")
    task = serializers.CharField(allow_null=True, help_text="The only one that the rule is about.")
    since = serializers.DateTimeField(allow_null=True)
    when = serializers.CharField(help_text="The condition under which it counts; empty: always.")


class LimitOut(SetByOut):
    """A limit in force, and what it takes the place of."""

    key = serializers.CharField(help_text="Of the rule; of a budget `cost/day` and the like.")
    meaning = serializers.CharField()
    unit = serializers.CharField()
    counted_for = serializers.CharField(help_text="Whose use it counts; empty: each call by itself.")
    model_class = serializers.CharField(allow_null=True)
    tasks = serializers.ListField(child=serializers.CharField(), help_text="Empty: every task that knows it.")
    mode = serializers.ChoiceField(choices=MODES)
    is_budget = serializers.BooleanField()
    override = serializers.JSONField(help_text="Of a budget: what overrides add to its value now.")
    is_tighter = serializers.BooleanField(
        help_text="Whether a team's, person's or token's rule makes it tighter than the tenant's."
    )
    in_place_of = SetByOut(many=True, help_text="What would count without it, the nearest first.")
    not_now = SetByOut(
        many=True, help_text="Rules about the same whose condition does not hold at the moment."
    )


class Effective(ApiView):
    class Input(WhoIn):
        plan = serializers.CharField(max_length=32, default=None, allow_null=True, help_text="As if on it.")
        task = Choice(
            choices=[task.value for task in Task],
            default=None,
            allow_null=True,
            help_text="None: every task.",
        )

    @asks(Input, responses=LimitOut(many=True), tags=TAG)
    def get(self, request: Request) -> Response:
        """Value, unit, who sets it and what it takes the place of, as calls are admitted at this moment."""
        given, moment = self.valid(self.Input, request.query_params.dict()), now()
        tenant_or_all(request)  # `?tenant=` means the same on every route
        tenant, asker, _ = asked_about(request, given, plan=given["plan"], call={"at": None}, now=moment)
        limits = effective_limits(
            source=read_policy_rows(tenant=tenant),
            subject=asker.subject,
            now=moment,
            task=given["task"],
            with_shared=caller_of(request).role == User.Role.SUPER_ADMIN,
        )
        return Response(LimitOut([limit_facts(limit) for limit in limits], many=True).data)
