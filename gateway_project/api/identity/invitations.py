"""/api/invitations: people who may become users of the caller's tenant."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.timezone import now
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.authentication import caller_of, ceiling_of_caller
from gateway_project.api.choice import Choice
from gateway_project.api.identity.users import TENANT_ROLES, TOKEN_HELP
from gateway_project.api.input import OtherName, StrictInput
from gateway_project.api.permissions import IsTenantAdmin
from gateway_project.api.reach import in_reach, row_in_reach, tenant_in_reach
from gateway_project.api.schema import paged
from gateway_project.api.views import ApiView
from metering.identity.find import find_team, find_token
from metering.identity.invitations.invite import invite
from metering.identity.invitations.resend import resend_invitation
from metering.identity.invitations.sign_up_token import sign_up_token
from metering.identity.invitations.state import STATES, state_of
from metering.identity.invitations.withdraw import withdraw_invitation
from metering.models import Invitation, User

TAG = ["invitations"]


class InvitationOut(serializers.Serializer[Invitation]):
    """Everything but the secret, which is in the mail and nowhere else."""

    id = serializers.UUIDField()
    tenant_id = serializers.UUIDField()
    email = serializers.EmailField()
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=TENANT_ROLES)
    token = serializers.UUIDField(source="token_id", help_text="Which the plan will come from.")
    team = serializers.UUIDField(source="team_id", allow_null=True)
    state = serializers.SerializerMethodField()
    mails = serializers.SerializerMethodField(help_text="How often a mail was asked for.")
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    accepted_at = serializers.DateTimeField(allow_null=True)
    user = serializers.UUIDField(source="user_id", allow_null=True, help_text="Who came.")
    withdrawn_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(serializers.ChoiceField(choices=STATES))
    def get_state(self, row: Invitation) -> str:
        return state_of(row, now=now())

    def get_mails(self, row: Invitation) -> int:
        return len(row.asked_at)


class Invitations(ApiView):
    permission_classes = [IsTenantAdmin]

    class Input(StrictInput):
        email = serializers.EmailField(max_length=254)
        name = serializers.CharField(max_length=200, default="", allow_blank=True)
        role = Choice(choices=TENANT_ROLES, default=User.Role.MEMBER)
        team = serializers.CharField(
            max_length=64,
            default=None,
            allow_null=True,
            help_text="A slug or an id: a team to be in at once.",
        )
        token = serializers.CharField(
            max_length=64, default=None, allow_null=True, help_text=f"{TOKEN_HELP} Yours if you name none."
        )
        tenant = serializers.SlugField(default="", help_text="For super admins.")
        tenant_id = OtherName("tenant")

    @paged(InvitationOut, tags=TAG)
    def get(self, request: Request) -> Response:
        """Invitations, the newest first."""
        return self.page(in_reach(_invitations(), request), InvitationOut)

    @extend_schema(request=Input, responses={201: InvitationOut}, tags=TAG)
    def post(self, request: Request) -> Response:
        """Invite somebody: a mail with a link that works once, for a week. Too many are refused (429)."""
        given = self.valid(self.Input, request.data)
        tenant, caller, moment = tenant_in_reach(request, given["tenant"]), caller_of(request), now()
        token = find_token(reference=given["token"], tenant=tenant) if given["token"] else None
        invitation = invite(
            tenant=tenant,
            email=given["email"],
            name=given["name"],
            role=User.Role(given["role"]),
            token=token or sign_up_token(tenant=tenant, own=caller.token, now=moment),
            team=find_team(tenant=tenant, reference=given["team"]) if given["team"] else None,
            by=caller.user,
            ceiling=ceiling_of_caller(request),
            actor=caller.actor,
            now=moment,
        )
        return Response(InvitationOut(invitation).data, status=201)


class OneInvitation(ApiView):
    permission_classes = [IsTenantAdmin]

    @extend_schema(responses=InvitationOut, tags=TAG)
    def get(self, request: Request, pk: UUID) -> Response:
        """One invitation."""
        return Response(InvitationOut(row_in_reach(_invitations(), request, pk)).data)


class ResendInvitation(ApiView):
    permission_classes = [IsTenantAdmin]

    @extend_schema(request=None, responses=InvitationOut, tags=TAG)
    def post(self, request: Request, pk: UUID) -> Response:
        """Send the mail again. The link of the mail before ends, and the week begins anew."""
        self.take_nothing(request)
        by: Any = {"actor": caller_of(request).actor, "ceiling": ceiling_of_caller(request), "now": now()}
        row = resend_invitation(invitation=row_in_reach(_invitations(), request, pk), **by)
        return Response(InvitationOut(row).data)


class WithdrawInvitation(ApiView):
    permission_classes = [IsTenantAdmin]

    @extend_schema(request=None, responses=InvitationOut, tags=TAG)
    def post(self, request: Request, pk: UUID) -> Response:
        """End an invitation: its link opens nothing any more."""
        self.take_nothing(request)
        row = row_in_reach(_invitations(), request, pk)
        done = withdraw_invitation(invitation=row, actor=caller_of(request).actor, now=now())
        return Response(InvitationOut(done).data)


def _invitations() -> QuerySet[Invitation]:
    return Invitation.objects.all()
