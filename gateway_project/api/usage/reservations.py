"""GET /api/reservations?state=held: the calls that are under way, and what each holds."""

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.authentication import caller_of
from gateway_project.api.choice import Choice
from gateway_project.api.input import StrictInput
from gateway_project.api.permissions import ADMINS
from gateway_project.api.query import asks
from gateway_project.api.reach import tenant_or_all
from gateway_project.api.schema import CURSOR, LIMIT, TENANT, page_of
from gateway_project.api.usage.asked import own_use
from gateway_project.api.views import ApiView
from metering.models import UsageReservation
from metering.usage.in_flight import held_calls, with_names


class HeldCallOut(serializers.Serializer[UsageReservation]):
    """A call that is under way."""

    id = serializers.UUIDField(help_text="The reservation's; an answer has it in `x-gateway-reservation-id`.")
    state = serializers.ChoiceField(choices=["held"])
    request_id = serializers.CharField()
    tenant = serializers.SlugField(allow_null=True)
    user = serializers.EmailField(allow_null=True)
    token = serializers.CharField(allow_null=True, help_text="The visible part of its secret.")
    token_name = serializers.CharField(allow_blank=True)
    team = serializers.SlugField(allow_null=True)
    task = serializers.CharField()
    model = serializers.CharField(help_text="That it was admitted for; another may answer in the end.")
    provider = serializers.CharField()
    conversation = serializers.CharField(allow_null=True)
    held_usd = serializers.CharField(help_text="The most that it can cost.")
    since = serializers.DateTimeField()
    lease_expires_at = serializers.DateTimeField(help_text="Unless it is extended, the hold is charged then.")


class Reservations(ApiView):
    class Input(StrictInput):
        state = Choice(choices=[("held", "held")], default="held")

    @asks(Input, CURSOR, LIMIT, TENANT, responses=page_of(HeldCallOut), tags=["usage"])
    def get(self, request: Request) -> Response:
        """Calls under way, the newest first: one's own, for administrators their tenant's."""
        state = {name: value for name, value in request.query_params.items() if name == "state"}
        self.valid(self.Input, state)
        caller = caller_of(request)
        only = () if caller.role in ADMINS else (own_use(caller),)
        rows = held_calls(tenant=tenant_or_all(request), only=only)
        paginator = self.pages()
        page = paginator.paginate_queryset(rows, request, self)
        answer: Response = paginator.get_paginated_response([call.as_json() for call in with_names(page)])
        return answer
