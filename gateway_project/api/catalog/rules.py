"""/api/catalog/rules: policy rules of every scope (docs/policy.md); at /api/rules the same, for tenants to find."""

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
from metering.models import PolicyRule
from metering.policy.edit.set_rule import set_rule
from metering.policy.edit.switch_off import switch_off
from metering.rules.rule import MAX_PRIORITY
from metering.types import MODES, Scope, Setter

TAG = ["catalog"]


class RuleOut(serializers.Serializer[PolicyRule]):
    id = serializers.UUIDField()
    scope = serializers.ChoiceField(choices=[scope.value for scope in Scope])
    scope_id = serializers.CharField()
    tenant_id = serializers.UUIDField(allow_null=True)
    task = serializers.CharField(source="task_id", allow_null=True)
    key = serializers.CharField()
    value = serializers.JSONField()
    when = serializers.JSONField(source="conditions")
    mode = serializers.ChoiceField(choices=MODES)
    enforce_percent = serializers.IntegerField()
    priority = serializers.IntegerField()
    set_by = serializers.ChoiceField(
        choices=[each.value for each in Setter],
        help_text="An operator, or the tenant's own administrators: only they change it.",
    )
    is_active = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class Rules(ApiView):
    permission_classes = [IsTenantAdmin]

    class Input(TargetIn):
        task = serializers.CharField(max_length=32, default=None, allow_null=True)
        key = serializers.CharField(max_length=64)
        value = serializers.JSONField(help_text="A number, a word or keys of tags, as the key takes it.")
        when = serializers.DictField(default=dict, help_text="Conditions.")
        mode = Choice(choices=MODES, default="enforce")
        enforce_percent = serializers.IntegerField(min_value=0, max_value=100, default=100)
        priority = serializers.IntegerField(min_value=-MAX_PRIORITY, max_value=MAX_PRIORITY, default=0)
        is_active = serializers.BooleanField(default=True)

    @paged(RuleOut, tags=TAG)
    def get(self, request: Request) -> Response:
        """Rules, the newest first."""
        return self.page(in_reach(PolicyRule.objects.all(), request), RuleOut)

    @extend_schema(request=Input, responses={200: RuleOut, 201: RuleOut}, tags=TAG)
    def post(self, request: Request) -> Response:
        """A new rule (201), or a new value for the same target, key, task, conditions and priority (200)."""
        given, editor = self.valid(self.Input, request.data), editor_of_caller(request)
        target = take_target(given, editor)
        done = set_rule(target=target, actor=caller_of(request).actor, now=now(), editor=editor, **given)
        return Response(RuleOut(done.rule).data, status=201 if done.created else 200)


class OneRule(ApiView):
    permission_classes = [IsTenantAdmin]

    @extend_schema(responses=RuleOut, tags=TAG)
    def get(self, request: Request, pk: UUID) -> Response:
        """A rule."""
        return Response(RuleOut(row_in_reach(PolicyRule.objects.all(), request, pk)).data)

    @extend_schema(responses=RuleOut, tags=TAG)
    def delete(self, request: Request, pk: UUID) -> Response:
        """Switch a rule off."""
        row = row_in_reach(PolicyRule.objects.all(), request, pk)
        editor = editor_of_caller(request)
        done = switch_off(row=row, actor=caller_of(request).actor, now=now(), editor=editor)
        return Response(RuleOut(done).data)


class OwnRules(Rules):
    """At /api/rules."""


class OwnRule(OneRule):
    """At /api/rules/{id}."""
