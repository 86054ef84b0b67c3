"""/api/teams: teams of the caller's tenant."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.authentication import caller_of
from gateway_project.api.input import OtherName, StrictInput
from gateway_project.api.permissions import ADMINS, IsTenantAdmin
from gateway_project.api.reach import in_reach, tenant_in_reach
from gateway_project.api.schema import paged
from gateway_project.api.views import ApiView
from metering.errors import NotFound
from metering.identity.people.create_team import create_team
from metering.identity.people.rename_team import rename_team
from metering.models import Team

TAG = ["teams"]


class TeamOut(serializers.Serializer[Team]):
    id = serializers.UUIDField()
    tenant_id = serializers.UUIDField()
    slug = serializers.SlugField()
    name = serializers.CharField()
    created_at = serializers.DateTimeField()


class Teams(ApiView):
    class Input(StrictInput):
        slug = serializers.SlugField(max_length=63)
        name = serializers.CharField(max_length=200)
        tenant = serializers.SlugField(default="", help_text="For super admins.")
        tenant_id = OtherName("tenant")

    def get_permissions(self) -> Sequence[Any]:
        return [IsTenantAdmin()] if self.request.method == "POST" else super().get_permissions()

    @paged(TeamOut, tags=TAG)
    def get(self, request: Request) -> Response:
        """Teams, the newest first. Members see those that they are in."""
        return self.page(visible_teams(request), TeamOut)

    @extend_schema(request=Input, responses={201: TeamOut}, tags=TAG)
    def post(self, request: Request) -> Response:
        """A new team."""
        given = self.valid(self.Input, request.data)
        tenant = tenant_in_reach(request, given.pop("tenant"))
        team = create_team(tenant=tenant, actor=caller_of(request).actor, now=now(), **given)
        return Response(TeamOut(team).data, status=201)


class OneTeam(ApiView):
    class Input(StrictInput):
        name = serializers.CharField(max_length=200)

    def get_permissions(self) -> Sequence[Any]:
        return [IsTenantAdmin()] if self.request.method == "PATCH" else super().get_permissions()

    @extend_schema(responses=TeamOut, tags=TAG)
    def get(self, request: Request, pk: UUID) -> Response:
        """A team."""
        return Response(TeamOut(visible_team(request, pk)).data)

    @extend_schema(request=Input, responses=TeamOut, tags=TAG)
    def patch(self, request: Request, pk: UUID) -> Response:
        """Rename a team."""
        team = visible_team(request, pk)
        given = self.changes(self.Input, request.data, TeamOut(team).data)
        if given:
            team = rename_team(team=team, actor=caller_of(request).actor, now=now(), **given)
        return Response(TeamOut(team).data)


def visible_teams(request: Request) -> QuerySet[Team]:
    """All in reach for administrators; for members the teams that they are in, or that their token is bound to."""
    teams = in_reach(Team.objects.all(), request)
    caller = caller_of(request)
    if caller.role in ADMINS:
        return teams
    if caller.user is not None:
        return teams.filter(memberships__user=caller.user)
    bound = caller.token.team_id if caller.token is not None else None
    return teams if bound is None else teams.filter(pk=bound)


def visible_team(request: Request, pk: UUID) -> Team:
    """Raises NotFound."""
    team = visible_teams(request).filter(pk=pk).first()
    if team is None:
        raise NotFound(f"There is no team {pk}.")
    return team
