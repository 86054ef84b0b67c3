"""Alerts of the caller's tenant; those of meters that all tenants share are for super admins."""

from uuid import UUID

from django.utils.timezone import now
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.authentication import caller_of
from gateway_project.api.permissions import IsTenantAdmin
from gateway_project.api.query import query_flag
from gateway_project.api.reach import in_reach, row_in_reach
from gateway_project.api.schema import paged
from gateway_project.api.views import ApiView
from metering.alerts.acknowledge import acknowledge_alert
from metering.models import QuotaAlert
from metering.money import usd_text
from metering.types import ALERT_TYPES, AlertLevel, Dimension

TAG = ["alerts"]
ACKNOWLEDGED = OpenApiParameter("acknowledged", bool, description="Only those that are, or are not.")


@extend_schema_field(OpenApiTypes.STR)
class AmountField(serializers.Field[int, int, str, QuotaAlert]):
    """An amount in the alert's unit, as text: US dollars for cost, else a whole number."""

    def __init__(self, column: str) -> None:
        super().__init__(source="*", read_only=True)
        self._column = column

    def to_representation(self, value: QuotaAlert) -> str | None:  # type: ignore[override]
        amount: int | None = getattr(value, self._column)
        if amount is None:
            return None
        return usd_text(amount) if value.dimension == Dimension.COST else str(amount)


class AlertOut(serializers.Serializer[QuotaAlert]):
    id = serializers.UUIDField()
    tenant_id = serializers.UUIDField(allow_null=True)
    type = serializers.SerializerMethodField()
    level = serializers.ChoiceField(choices=[(level.value, level.value) for level in AlertLevel])
    threshold = serializers.IntegerField(help_text="Percent of the limit.")
    budget = serializers.UUIDField(source="budget_id", help_text="The budget, or the rule max_concurrent.")
    subject_type = serializers.CharField()
    subject_id = serializers.CharField()
    dimension = serializers.CharField()
    unit = serializers.SerializerMethodField()
    window = serializers.CharField()
    used = AmountField("used")
    held = AmountField("held")
    requested = AmountField("requested")
    limit = AmountField("limit")
    reset_at = serializers.DateTimeField(source="window_end", allow_null=True)
    raised_at = serializers.DateTimeField()
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    acknowledged_by = serializers.UUIDField(source="acknowledged_by_id", allow_null=True)

    @extend_schema_field({"type": "string", "enum": [each.name for each in ALERT_TYPES]})
    def get_type(self, alert: QuotaAlert) -> str:
        return alert.type.name

    def get_unit(self, alert: QuotaAlert) -> str:
        return Dimension(alert.dimension).unit


class Alerts(ApiView):
    permission_classes = [IsTenantAdmin]

    @paged(AlertOut, ACKNOWLEDGED, tags=TAG)
    def get(self, request: Request) -> Response:
        """Alerts, the newest first."""
        alerts = in_reach(QuotaAlert.objects.all(), request)
        acknowledged = query_flag(request, "acknowledged")
        if acknowledged is not None:
            alerts = alerts.filter(acknowledged_at__isnull=not acknowledged)
        return self.page(alerts, AlertOut)


class OneAlert(ApiView):
    permission_classes = [IsTenantAdmin]

    @extend_schema(responses=AlertOut, tags=TAG)
    def get(self, request: Request, pk: UUID) -> Response:
        """An alert."""
        return Response(AlertOut(row_in_reach(QuotaAlert.objects.all(), request, pk)).data)


class AcknowledgeAlert(ApiView):
    permission_classes = [IsTenantAdmin]

    @extend_schema(request=None, responses=AlertOut, tags=TAG)
    def post(self, request: Request, pk: UUID) -> Response:
        """Say that somebody looks after it. The first who says so stays."""
        self.take_nothing(request)
        caller = caller_of(request)
        alert = row_in_reach(QuotaAlert.objects.all(), request, pk)
        done = acknowledge_alert(alert=alert, by=caller.user, actor=caller.actor, now=now())
        return Response(AlertOut(done).data)
