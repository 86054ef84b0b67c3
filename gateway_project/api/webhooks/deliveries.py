"""What became of the events that were sent to an address, a test at once, another secret, and sending again."""

from typing import Any
from uuid import UUID

from django.utils.timezone import now
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.authentication import caller_of
from gateway_project.api.input import StrictInput
from gateway_project.api.permissions import IsTenantAdmin
from gateway_project.api.query import query_choice
from gateway_project.api.schema import paged
from gateway_project.api.views import ApiView
from gateway_project.api.webhooks.endpoints import ONCE, TAG, endpoint_in_reach
from metering.alerts.deliver import ABOUT
from metering.alerts.endpoints.event import event_id_of, event_type_of_delivery
from metering.alerts.endpoints.port import Outcome
from metering.alerts.endpoints.record import problem_of
from metering.alerts.endpoints.replay import find_delivery, replay_delivery, replay_endpoint
from metering.alerts.endpoints.rotate_secret import MAX_OVERLAP_H, OVERLAP_H, rotate_secret
from metering.alerts.endpoints.try_endpoint import try_endpoint
from metering.models import AlertDelivery

STATES = ("pending", "sending", "sent", "failed", "uncertain")
STATE = OpenApiParameter("state", str, enum=STATES, description="Only those in this state.")


class DeliveryOut(serializers.Serializer[AlertDelivery]):
    id = serializers.IntegerField()
    event_id = serializers.SerializerMethodField(help_text="The `webhook-id`.")
    type = serializers.SerializerMethodField()
    state = serializers.ChoiceField(choices=STATES)
    attempts = serializers.IntegerField()
    attempted_at = serializers.DateTimeField(allow_null=True, help_text="The last time.")
    next_attempt_at = serializers.SerializerMethodField(help_text="Of what waits; null: of the others.")
    sent_at = serializers.DateTimeField(allow_null=True)
    status_code = serializers.IntegerField(
        allow_null=True, help_text="Of the last answer; null: there was none."
    )
    response = serializers.CharField(help_text="How the last answer begins.")
    duration_ms = serializers.IntegerField(allow_null=True)
    error = serializers.CharField(source="last_error", help_text="Why it was not taken.")

    def get_event_id(self, row: AlertDelivery) -> str:
        return event_id_of(row)

    def get_type(self, row: AlertDelivery) -> str:
        return event_type_of_delivery(row)

    def get_next_attempt_at(self, row: AlertDelivery) -> str | None:
        endpoint = row.endpoint
        due_at = row.due_at(endpoint.retry_at if endpoint is not None else None)
        return due_at.isoformat() if due_at is not None else None


class WebhookTestOut(serializers.Serializer[Outcome]):
    """What the receiver said."""

    ok = serializers.BooleanField(
        source="is_taken", help_text="Whether it was taken: an answer of 200 to 299."
    )
    status_code = serializers.IntegerField(source="status", allow_null=True)
    response = serializers.CharField(help_text="How the answer begins.")
    duration_ms = serializers.IntegerField()
    error = serializers.SerializerMethodField(help_text="Why it was not taken.")

    def get_error(self, outcome: Outcome) -> str:
        return "" if outcome.is_taken else problem_of(outcome)


class WebhookSecretOut(serializers.Serializer[Any]):
    secret = serializers.CharField(help_text=ONCE)


class ReplayedOut(serializers.Serializer[Any]):
    replayed = serializers.IntegerField()


class Deliveries(ApiView):
    permission_classes = [IsTenantAdmin]

    @paged(DeliveryOut, STATE, tags=TAG, of_tenants=False)
    def get(self, request: Request, pk: UUID) -> Response:
        """What was sent there, the newest first."""
        endpoint = endpoint_in_reach(request, pk)
        rows = (
            AlertDelivery.objects.filter(endpoint=endpoint).select_related("endpoint", *ABOUT).order_by("-id")
        )
        state = query_choice(request, "state", STATES)
        return self.page(rows.filter(state=state) if state else rows, DeliveryOut)


class ReplayOne(ApiView):
    permission_classes = [IsTenantAdmin]

    @extend_schema(request=None, responses=DeliveryOut, tags=TAG)
    def post(self, request: Request, pk: UUID, delivery: str) -> Response:
        """Send one again that failed, or of which nobody knows. It has the same `webhook-id`."""
        self.take_nothing(request)
        row = find_delivery(endpoint=endpoint_in_reach(request, pk), number=delivery)
        replay_delivery(delivery=row, actor=caller_of(request).actor, now=now())
        row.refresh_from_db()
        return Response(DeliveryOut(row).data)


class ReplayAll(ApiView):
    permission_classes = [IsTenantAdmin]

    @extend_schema(request=None, responses=ReplayedOut, tags=TAG)
    def post(self, request: Request, pk: UUID) -> Response:
        """Send everything again that failed, or of which nobody knows; how many, at most 1,000 at a time."""
        self.take_nothing(request)
        endpoint = endpoint_in_reach(request, pk)
        count = replay_endpoint(endpoint=endpoint, actor=caller_of(request).actor, now=now())
        return Response(ReplayedOut({"replayed": count}).data)


class TryEndpoint(ApiView):
    permission_classes = [IsTenantAdmin]

    @extend_schema(request=None, responses=WebhookTestOut, tags=TAG)
    def post(self, request: Request, pk: UUID) -> Response:
        """Send an event `channel.test` now, and say what came of it; 30 times an hour for each tenant."""
        self.take_nothing(request)
        row = endpoint_in_reach(request, pk)
        return Response(WebhookTestOut(try_endpoint(row=row, actor=caller_of(request).actor, now=now())).data)


class RotateSecret(ApiView):
    permission_classes = [IsTenantAdmin]

    class Input(StrictInput):
        overlap_h = serializers.IntegerField(
            default=OVERLAP_H,
            min_value=0,
            max_value=MAX_OVERLAP_H,
            help_text="Hours for which the secret before signs as well.",
        )

    @extend_schema(request=Input, responses=WebhookSecretOut, tags=TAG)
    def post(self, request: Request, pk: UUID) -> Response:
        """Another secret for a webhook. It is in the answer, and nowhere else."""
        given, row = self.valid(self.Input, request.data or {}), endpoint_in_reach(request, pk)
        secret = rotate_secret(row=row, actor=caller_of(request).actor, now=now(), **given)
        return Response(WebhookSecretOut({"secret": secret}).data)
