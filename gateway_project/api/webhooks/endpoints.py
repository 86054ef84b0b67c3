"""Addresses that events are sent to: webhooks of one's own, of Slack and of Microsoft Teams."""

from typing import Any
from uuid import UUID

from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.authentication import caller_of
from gateway_project.api.choice import Choice
from gateway_project.api.input import OtherName, StrictInput
from gateway_project.api.permissions import IsTenantAdmin
from gateway_project.api.reach import in_reach, row_in_reach, tenant_in_reach_or_all
from gateway_project.api.schema import paged
from gateway_project.api.views import ApiView
from metering.alerts.endpoints.edit import change_endpoint, create_endpoint, remove_endpoint, switch_endpoint
from metering.models import WebhookEndpoint
from metering.models.webhooks import NAME_LENGTH
from metering.types import EventType
from metering.webhook_url import MAX_LENGTH

TAG = ["webhooks"]
ONCE = "What a webhook is signed with, shown only now. Empty for Slack and Teams."


class EndpointOut(serializers.Serializer[WebhookEndpoint]):
    id = serializers.UUIDField()
    tenant_id = serializers.UUIDField(allow_null=True, help_text="null: the operators'.")
    kind = serializers.ChoiceField(choices=WebhookEndpoint.Kind.choices)
    name = serializers.CharField()
    address = serializers.CharField(source="shown_url", help_text="Without what may be secret.")
    events = serializers.ListField(child=serializers.CharField(), help_text="None: all.")
    is_active = serializers.BooleanField()
    disabled_reason = serializers.CharField(help_text="Why the gateway switched it off.")
    failing_since = serializers.DateTimeField(allow_null=True)
    retry_at = serializers.DateTimeField(allow_null=True, help_text="Nothing is sent before.")
    old_secret_until = serializers.DateTimeField(
        allow_null=True, help_text="The secret before the last rotation signs as well until then."
    )
    created_at = serializers.DateTimeField()


class NewEndpointOut(EndpointOut):
    secret = serializers.CharField(help_text=ONCE)


class EventsField(serializers.ListField):
    child = Choice(choices=[(event.value, event.value) for event in EventType])

    def __init__(self, **facts: Any) -> None:
        super().__init__(max_length=len(EventType), help_text="Types of events; none: all.", **facts)


class Endpoints(ApiView):
    permission_classes = [IsTenantAdmin]

    class Input(StrictInput):
        kind = Choice(choices=WebhookEndpoint.Kind.choices)
        name = serializers.CharField(max_length=NAME_LENGTH)
        url = serializers.CharField(
            max_length=MAX_LENGTH, write_only=True, help_text="Kept encrypted, and never shown whole again."
        )
        events = EventsField(default=list)
        tenant = serializers.CharField(
            max_length=63, default="", allow_blank=True, help_text="For super admins; empty: the operators'."
        )
        tenant_id = OtherName("tenant")

    @paged(EndpointOut, tags=TAG)
    def get(self, request: Request) -> Response:
        """The addresses, the newest first."""
        return self.page(endpoints_in_reach(request), EndpointOut)

    @extend_schema(request=Input, responses={201: NewEndpointOut}, tags=TAG)
    def post(self, request: Request) -> Response:
        """Have events sent to an address. A webhook's secret is in the answer, and nowhere else."""
        given = self.valid(self.Input, request.data)
        tenant = tenant_in_reach_or_all(request, given.pop("tenant"))
        row, secret = create_endpoint(tenant=tenant, actor=caller_of(request).actor, now=now(), **given)
        return Response({**EndpointOut(row).data, "secret": secret}, status=201)


class OneEndpoint(ApiView):
    permission_classes = [IsTenantAdmin]

    class Input(StrictInput):
        name = serializers.CharField(max_length=NAME_LENGTH)
        url = serializers.CharField(max_length=MAX_LENGTH, write_only=True)
        events = EventsField()
        is_active = serializers.BooleanField(help_text="Whether events are sent there.")

    @extend_schema(responses=EndpointOut, tags=TAG)
    def get(self, request: Request, pk: UUID) -> Response:
        """An address."""
        return Response(EndpointOut(endpoint_in_reach(request, pk)).data)

    @extend_schema(request=Input, responses=EndpointOut, tags=TAG)
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change its name, URL or events, or switch it on or off. What waits when it is switched off fails."""
        row = endpoint_in_reach(request, pk)
        changes = self.changes(self.Input, request.data, EndpointOut(row).data)
        by: dict[str, Any] = {"actor": caller_of(request).actor, "now": now()}
        is_active = changes.pop("is_active", None)
        if changes:
            kept = {"name": row.name, "events": row.events}
            row = change_endpoint(row=row, **{**kept, **changes, **by})
        if is_active is not None:
            switch_endpoint(row=row, is_active=is_active, **by)
        row.refresh_from_db()
        return Response(EndpointOut(row).data)

    @extend_schema(responses={204: None}, tags=TAG)
    def delete(self, request: Request, pk: UUID) -> Response:
        """Remove an address with its log."""
        row = endpoint_in_reach(request, pk)
        remove_endpoint(row=row, actor=caller_of(request).actor, now=now())
        return Response(status=204)


def endpoints_in_reach(request: Request) -> Any:
    return in_reach(WebhookEndpoint.objects.order_by("-id"), request)


def endpoint_in_reach(request: Request, pk: UUID) -> WebhookEndpoint:
    """Raises NotFound."""
    row: WebhookEndpoint = row_in_reach(WebhookEndpoint.objects.select_related("tenant"), request, pk)
    return row
