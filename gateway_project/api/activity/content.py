"""GET /api/activity/{id}/content: what a call asked and was answered, for administrators. Each look is noted."""

from typing import Any
from uuid import UUID

import msgspec
from django.utils.timezone import now
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.authentication import caller_of
from gateway_project.api.permissions import IsTenantAdmin
from gateway_project.api.query import asks
from gateway_project.api.reach import tenant_or_all
from gateway_project.api.schema import TENANT
from gateway_project.api.views import ApiView
from metering.content.read import read_content
from metering.content.sealed import Content
from metering.errors import NotFound
from metering.money import usd_text


class ContentOut(serializers.Serializer[object]):
    """What was kept of a call, as the rule `log_content` wanted it."""

    id = serializers.UUIDField(help_text="The call's.")
    at = serializers.DateTimeField(help_text="When it ended.")
    mode = serializers.ChoiceField(choices=["redacted", "full"])
    request_id = serializers.CharField()
    trace_id = serializers.CharField(allow_null=True)
    task = serializers.CharField()
    protocol = serializers.CharField()
    model = serializers.CharField()
    provider = serializers.CharField()
    took_ms = serializers.IntegerField()
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cost_usd = serializers.CharField()
    request = serializers.JSONField()
    request_cut = serializers.BooleanField(help_text="Whether long texts were cut.")
    answer = serializers.JSONField(allow_null=True, help_text="Of a stream the list of its events.")
    answer_cut = serializers.BooleanField()
    streamed = serializers.BooleanField()
    failure = serializers.CharField(allow_null=True, help_text="The code of the error that it ended with.")
    replaced = serializers.DictField(
        child=serializers.IntegerField(), help_text="How many private things were replaced, by kind."
    )


class ActivityContent(ApiView):
    permission_classes = [IsTenantAdmin]

    @asks(TENANT, responses=ContentOut, tags=["activity"])
    def get(self, request: Request, id: UUID) -> Response:
        """What a call asked and was answered, where the rule `log_content` had it kept. The look is an audit event."""
        content = read_content(
            id=id, within=tenant_or_all(request), actor=caller_of(request).actor, now=now()
        )
        if content is None:
            raise NotFound(f"Nothing is kept of what a call {id} said.")
        return Response(_facts(content))


def _facts(content: Content) -> dict[str, Any]:
    return {
        "id": content.reservation_id,
        "at": content.at,
        "mode": content.mode,
        "request_id": content.request_id,
        "trace_id": content.trace_id,
        "task": content.task,
        "protocol": content.protocol,
        "model": content.model,
        "provider": content.provider_name,
        "took_ms": content.took_ms,
        "input_tokens": content.input_tokens,
        "output_tokens": content.output_tokens,
        "cost_usd": usd_text(content.cost_nano_usd),
        "request": msgspec.json.decode(content.request),
        "request_cut": content.request_cut,
        "answer": msgspec.json.decode(content.answer) if content.answer else None,
        "answer_cut": content.answer_cut,
        "streamed": content.is_streamed,
        "failure": content.failure or None,
        "replaced": content.replaced,
    }
