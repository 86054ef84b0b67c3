"""GET /api/auth/me: whom a credential stands for."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.authentication import caller_of
from gateway_project.api.views import ApiView
from metering.identity.principal import Principal
from metering.models import User


class Me(ApiView):
    class Output(serializers.Serializer[object]):
        role = serializers.ChoiceField(choices=User.Role.choices)
        user_id = serializers.UUIDField(allow_null=True)
        email = serializers.EmailField(allow_null=True)
        name = serializers.CharField(allow_null=True)
        tenant = serializers.SlugField(allow_null=True, help_text="The tenant's slug.")
        tenant_id = serializers.UUIDField(allow_null=True)
        ati_id = serializers.UUIDField(allow_null=True, help_text="The ATI token that the plan comes from.")
        plan = serializers.CharField(allow_null=True)
        team_id = serializers.UUIDField(allow_null=True, help_text="The team that the call is for.")
        teams = serializers.ListField(
            child=serializers.SlugField(), help_text="What `X-Team-ID` may name, besides ids."
        )

    @extend_schema(responses=Output, tags=["auth"])
    def get(self, request: Request) -> Response:
        """Whom this credential stands for, and on which plan."""
        caller = caller_of(request)
        user, tenant, token = caller.user, caller.tenant, caller.token
        facts = {
            "role": caller.role,
            "user_id": user.pk if user else None,
            "email": user.email if user else None,
            "name": user.name if user else None,
            "tenant": tenant.slug if tenant else None,
            "tenant_id": tenant.pk if tenant else None,
            "ati_id": token.pk if token else None,
            "plan": token.plan_tier_id if token else None,
            "team_id": request.auth.team_id if isinstance(request.auth, Principal) else None,
            "teams": [team.slug for team in user.teams.all()] if user else [],
        }
        return Response(self.Output(facts).data)
