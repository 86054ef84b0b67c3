"""/api/policy/decisions: what limits denied, or would have denied."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.authentication import caller_of
from gateway_project.api.permissions import IsTenantAdmin
from gateway_project.api.policy.fields import TAG, StepOut
from gateway_project.api.query import asks, query_text
from gateway_project.api.reach import in_reach, tenant_or_all
from gateway_project.api.schema import TENANT, paged
from gateway_project.api.views import ApiView
from metering.decisions.find import about_request
from metering.decisions.report import VERDICTS, DecisionFilter, decision_report
from metering.decisions.told import told_to_tenant
from metering.models import PolicyDecision, User
from metering.simulation.report import without_shared
from metering.types import MODES

REQUEST_ID = OpenApiParameter("request_id", str, description="As `x-request-id` of the answer says it.")
VERDICT = OpenApiParameter("verdict", enum=list(VERDICTS))


class DecisionRowOut(serializers.Serializer[PolicyDecision]):
    """The decisions of one rule about one principal in one minute; message and trace are of the first."""

    id = serializers.UUIDField()
    minute = serializers.DateTimeField()
    tenant_id = serializers.UUIDField()
    user_id = serializers.UUIDField(allow_null=True)
    token_id = serializers.UUIDField(allow_null=True)
    task = serializers.CharField()
    model = serializers.CharField()
    verdict = serializers.ChoiceField(choices=VERDICTS)
    code = serializers.CharField()
    rule = serializers.CharField()
    rule_id = serializers.UUIDField(allow_null=True)
    mode = serializers.ChoiceField(choices=MODES)
    count = serializers.IntegerField()
    first_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()
    message = serializers.CharField()
    request_id = serializers.CharField()
    trace = serializers.SerializerMethodField()

    def get_trace(self, row: PolicyDecision) -> StepOut(many=True):  # type: ignore[valid-type]
        steps: list[dict[str, Any]] = [without_shared(step) for step in row.trace]
        return steps


class ReportRowOut(serializers.Serializer[Any]):
    """All decisions of one rule: calls and principals."""

    tenant = serializers.CharField()
    verdict = serializers.ChoiceField(choices=VERDICTS)
    rule = serializers.CharField()
    rule_id = serializers.UUIDField(allow_null=True)
    mode = serializers.ChoiceField(choices=MODES)
    code = serializers.CharField()
    task = serializers.CharField()
    calls = serializers.IntegerField()
    principals = serializers.IntegerField()
    last_at = serializers.DateTimeField()


class Decisions(ApiView):
    permission_classes = [IsTenantAdmin]

    @paged(DecisionRowOut, VERDICT, REQUEST_ID, tags=TAG)
    def get(self, request: Request) -> Response:
        """Decisions, the newest first. Of one request: what it was refused for, and why."""
        chosen = DecisionFilter(verdict=query_text(request, "verdict", max_length=8) or None)
        rows = in_reach(chosen.rows(), request)
        if request_id := query_text(request, "request_id", max_length=128):
            rows = about_request(rows, request_id)
        is_operator = caller_of(request).role == User.Role.SUPER_ADMIN
        return self.page(rows, DecisionRowOut, told=list if is_operator else told_to_tenant)


class DecisionReport(ApiView):
    permission_classes = [IsTenantAdmin]

    @asks(VERDICT, TENANT, responses=ReportRowOut(many=True), tags=TAG)
    def get(self, request: Request) -> Response:
        """By rule, the most frequent first: read this before a limit is enforced."""
        chosen = DecisionFilter(
            tenant=tenant_or_all(request),
            verdict=query_text(request, "verdict", max_length=8) or None,
        )
        return Response(ReportRowOut(list(decision_report(chosen)), many=True).data)
