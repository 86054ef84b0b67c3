"""/api/quota-requests: more of a budget, asked for by a tenant's people and answered by super admins."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.timezone import now
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.authentication import caller_of
from gateway_project.api.input import StrictInput
from gateway_project.api.permissions import ADMINS, IsCaller, IsSuperAdmin
from gateway_project.api.policy.blast_radius import BlastRadiusOut
from gateway_project.api.query import query_choice
from gateway_project.api.quota.overrides import AMOUNT, SUBJECT, TAG
from gateway_project.api.reach import in_reach, row_in_reach
from gateway_project.api.schema import paged
from gateway_project.api.usage.own import reach_of
from gateway_project.api.usage.rows import BudgetStatusOut
from gateway_project.api.views import ApiView
from metering.errors import InvalidRequest, NotPermitted
from metering.models import QuotaRequest, User
from metering.overview.quota_request import line_of_request, radius_of_request
from metering.policy.edit.set_budget import parse_amount
from metering.quota_requests.ask import ask_for_quota, check_may_ask
from metering.quota_requests.decide import approve, approve_for_good, deny, withdraw
from metering.quota_requests.find import asked_counter
from metering.simulation.blast_radius import radius_facts
from metering.types import Dimension
from metering.usage.status import amount_as_json

STATES = QuotaRequest.State.values
STATE = OpenApiParameter("state", str, enum=STATES, description="Only those in this state.")


class QuotaRequestOut(serializers.Serializer[QuotaRequest]):
    id = serializers.UUIDField()
    tenant_id = serializers.UUIDField()
    budget = serializers.UUIDField(source="budget_id")
    dimension = serializers.CharField(source="budget.dimension")
    window = serializers.CharField(source="budget.window")
    subject_type = serializers.CharField(source="budget.per")
    subject_id = serializers.CharField(allow_null=True, help_text="Null: everybody's of the tenant.")
    amount = serializers.SerializerMethodField(help_text=f"How much more. {AMOUNT}")
    windows = serializers.IntegerField(allow_null=True, help_text="Null: until it is removed.")
    reason = serializers.CharField()
    asked_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=STATES)
    decided_at = serializers.DateTimeField(allow_null=True)
    answer = serializers.CharField(help_text="A sentence to whoever asked.")
    granted = serializers.SerializerMethodField(help_text="What was approved; null: nothing.")
    override = serializers.UUIDField(source="override_id", allow_null=True)

    def get_amount(self, row: QuotaRequest) -> str:
        return _shown(row, row.amount)

    def get_granted(self, row: QuotaRequest) -> str | None:
        return None if row.granted is None else _shown(row, row.granted)


class OneQuotaRequestOut(QuotaRequestOut):
    """One request with the counter that it is about, as it stands now."""

    status = serializers.SerializerMethodField(
        help_text="As /api/budgets says it; of several counters the nearest its limit. Null: none is open."
    )

    @extend_schema_field(BudgetStatusOut(allow_null=True))
    def get_status(self, row: QuotaRequest) -> Any:
        line = line_of_request(row, now=now())
        return None if line is None else BudgetStatusOut(line.as_json()).data


class QuotaRequests(ApiView):
    class Input(StrictInput):
        budget = serializers.UUIDField(help_text="As /api/budgets names it, and `usage` of a 429 does not.")
        subject = serializers.CharField(
            max_length=254,
            default=None,
            allow_null=True,
            allow_blank=True,
            help_text=f"{SUBJECT} Of a member: the own.",
        )
        amount = serializers.CharField(max_length=40, help_text=f"How much more. {AMOUNT}")
        reason = serializers.CharField(max_length=500)
        windows = serializers.IntegerField(
            default=None, allow_null=True, help_text="The present one, and those that follow. Null: no end."
        )

    @paged(QuotaRequestOut, STATE, tags=TAG)
    def get(self, request: Request) -> Response:
        """Requests, the newest first: a member's own, an administrator's tenant's, all for super admins."""
        state = query_choice(request, "state", STATES)
        rows = in_reach(_own(request), request)
        return self.page(rows.filter(state=state) if state else rows, QuotaRequestOut)

    @extend_schema(request=Input, responses={201: QuotaRequestOut}, tags=TAG)
    def post(self, request: Request) -> Response:
        """Ask for more: administrators of any budget of their tenant, members of their own. One at a time for each."""
        given, caller, moment = self.valid(self.Input, request.data), caller_of(request), now()
        if caller.user is None or caller.tenant is None:
            raise NotPermitted("People of a tenant ask for quota: sign in, or use a token that is yours.")
        reach = reach_of(caller, caller.tenant)
        counter = asked_counter(
            caller.tenant,
            given["budget"],
            subject=given["subject"],
            subjects=reach.subjects,
            now=moment,
        )
        check_may_ask(counter, reach.subjects)
        row = ask_for_quota(
            counter=counter,
            amount=parse_amount(counter.budget.dimension, given["amount"]),
            reason=given["reason"],
            windows=given["windows"],
            by=caller.user,
            now=moment,
        )
        return Response(QuotaRequestOut(row).data, status=201)


class OneQuotaRequest(ApiView):
    @extend_schema(responses=OneQuotaRequestOut, tags=TAG)
    def get(self, request: Request, pk: UUID) -> Response:
        """One request with use and forecast of what it is about."""
        return Response(OneQuotaRequestOut(row_in_reach(_own(request), request, pk)).data)


class RequestRadius(ApiView):
    permission_classes = [IsSuperAdmin]

    @extend_schema(responses=BlastRadiusOut, tags=TAG)
    def get(self, request: Request, pk: UUID) -> Response:
        """What approving it as it was asked would do, as /api/policy/blast-radius says it."""
        row = row_in_reach(_rows(), request, pk)
        return Response(BlastRadiusOut(radius_facts(radius_of_request(row, now=now()))).data)


class Answer(ApiView):
    """What answers of super admins share."""

    permission_classes: Any = [IsSuperAdmin]


class Approve(Answer):
    class Input(StrictInput):
        amount = serializers.CharField(
            max_length=40, default=None, allow_null=True, help_text=f"As asked, if it is left out. {AMOUNT}"
        )
        windows = serializers.IntegerField(
            required=False, allow_null=True, help_text="As asked, if it is left out. Null: no end."
        )
        for_good = serializers.BooleanField(
            default=False, help_text="Raise the budget's own amount instead of adding an override."
        )
        answer = serializers.CharField(max_length=500, default="", allow_blank=True)

    @extend_schema(request=Input, responses=QuotaRequestOut, tags=TAG)
    def post(self, request: Request, pk: UUID) -> Response:
        """Raise the budget for so many windows, until the override is removed, or for good. Answered already: 409."""
        row, given = row_in_reach(_rows(), request, pk), self.valid(self.Input, request.data)
        amount = given["amount"] and parse_amount(row.budget.dimension, given["amount"])
        by: Any = {"request": row, "actor": caller_of(request).actor, "now": now(), "answer": given["answer"]}
        if given["for_good"]:
            if given.get("windows") is not None:
                raise InvalidRequest("What is for good has no windows.", param="windows")
            return Response(QuotaRequestOut(approve_for_good(amount=amount, **by)).data)
        windows = given.get("windows", row.windows)
        return Response(QuotaRequestOut(approve(amount=amount, windows=windows, **by)).data)


class Deny(Answer):
    class Input(StrictInput):
        answer = serializers.CharField(max_length=500, help_text="Why not.")

    @extend_schema(request=Input, responses=QuotaRequestOut, tags=TAG)
    def post(self, request: Request, pk: UUID) -> Response:
        """Say no, with a sentence. Answered already: 409."""
        row, given = row_in_reach(_rows(), request, pk), self.valid(self.Input, request.data)
        done = deny(request=row, answer=given["answer"], actor=caller_of(request).actor, now=now())
        return Response(QuotaRequestOut(done).data)


class Withdraw(ApiView):
    permission_classes: list[type[BasePermission]] = [IsCaller]

    @extend_schema(request=None, responses=QuotaRequestOut, tags=TAG)
    def post(self, request: Request, pk: UUID) -> Response:
        """Take a request back. Answered already: 409."""
        self.take_nothing(request)
        caller = caller_of(request)
        if caller.role == User.Role.SUPER_ADMIN:
            raise NotPermitted("Those who asked take it back; you may deny it.")
        row = row_in_reach(_own(request), request, pk)
        return Response(QuotaRequestOut(withdraw(request=row, actor=caller.actor, now=now())).data)


def _rows() -> QuerySet[QuotaRequest]:
    return QuotaRequest.objects.select_related("budget", "tenant")


def _own(request: Request) -> QuerySet[QuotaRequest]:
    """A member's own; an administrator's whole reach."""
    caller = caller_of(request)
    return _rows() if caller.role in ADMINS else _rows().filter(user=caller.user, user__isnull=False)


def _shown(row: QuotaRequest, amount: int) -> str:
    return str(amount_as_json(Dimension(row.budget.dimension))(amount))
