"""/api/teams/…/members: who is in a team."""

from uuid import UUID

from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.authentication import caller_of
from gateway_project.api.identity.users import UserOut
from gateway_project.api.input import StrictInput
from gateway_project.api.permissions import IsTenantAdmin
from gateway_project.api.reach import row_in_reach
from gateway_project.api.schema import paged
from gateway_project.api.views import ApiView
from metering.identity.find import find_user
from metering.identity.people.join_team import join_team
from metering.identity.people.leave_team import leave_team
from metering.models import Team, User

TAG = ["teams"]


class Members(ApiView):
    permission_classes = [IsTenantAdmin]

    class Input(StrictInput):
        user = serializers.CharField(max_length=254, help_text="An e-mail address or an id.")

    @paged(UserOut, tags=TAG, of_tenants=False)
    def get(self, request: Request, pk: UUID) -> Response:
        """The team's people."""
        team = row_in_reach(Team.objects.all(), request, pk)
        return self.page(User.objects.filter(memberships__team=team), UserOut)

    @extend_schema(request=Input, responses={204: None}, tags=TAG)
    def post(self, request: Request, pk: UUID) -> Response:
        """Put somebody of the tenant into the team. Again changes nothing."""
        given = self.valid(self.Input, request.data)
        team = row_in_reach(Team.objects.select_related("tenant"), request, pk)
        user = find_user(tenant=team.tenant, reference=given["user"])
        join_team(team=team, user=user, actor=caller_of(request).actor, now=now())
        return Response(status=204)


class OneMember(ApiView):
    permission_classes = [IsTenantAdmin]

    @extend_schema(responses={204: None}, tags=TAG)
    def delete(self, request: Request, pk: UUID, user_pk: UUID) -> Response:
        """Take somebody out of the team."""
        team = row_in_reach(Team.objects.select_related("tenant"), request, pk)
        user = find_user(tenant=team.tenant, reference=str(user_pk))
        leave_team(team=team, user=user, actor=caller_of(request).actor, now=now())
        return Response(status=204)
