"""An ATI token as the API shows and takes it."""

from typing import Any

from django.utils.timezone import now
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from gateway_project.api.input import StrictInput
from gateway_project.api.moment import IN_ZONE, Moment, placed_for
from metering.identity.find import find_team, find_user
from metering.identity.tokens.state import STATES, state_of
from metering.models import ATIToken, Tenant


class TokenOut(serializers.Serializer[ATIToken]):
    """Everything but the secret, which is shown once, when the token is issued or rotated."""

    id = serializers.UUIDField()
    tenant_id = serializers.UUIDField()
    prefix = serializers.CharField(help_text="The visible part of the secret.")
    name = serializers.CharField()
    plan = serializers.CharField(source="plan_tier_id")
    state = serializers.SerializerMethodField()
    team = serializers.UUIDField(source="team_id", allow_null=True)
    user = serializers.UUIDField(source="user_id", allow_null=True)
    allowed_tasks = serializers.ListField(child=serializers.CharField(), help_text="Empty: all of the plan.")
    allowed_models = serializers.ListField(child=serializers.CharField(), help_text="Empty: all of the plan.")
    allowed_networks = serializers.ListField(child=serializers.CharField(), help_text="Empty: any address.")
    signups_allowed = serializers.IntegerField()
    signups_used = serializers.IntegerField()
    expires_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    previous_valid_until = serializers.DateTimeField(
        allow_null=True, help_text="Of the secret before this one."
    )
    last_used_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()

    @extend_schema_field(serializers.ChoiceField(choices=STATES))
    def get_state(self, row: ATIToken) -> str:
        return state_of(row, now=now())


class SecretOut(serializers.Serializer[Any]):
    """A token at the only moment when its secret can be read."""

    id = serializers.UUIDField()
    prefix = serializers.CharField()
    token = serializers.CharField(source="secret", help_text="Copy it now.")


def names_field(help_text: str) -> serializers.ListField:
    """A list of codes or names."""
    return serializers.ListField(
        child=serializers.CharField(max_length=128), max_length=200, required=False, help_text=help_text
    )


class NarrowedIn(StrictInput):
    """What a token is bound and narrowed to. Where nothing is said, a new one is as narrow as the caller's."""

    name = serializers.CharField(max_length=200, default="", allow_blank=True)
    team = serializers.CharField(
        max_length=64, required=False, allow_null=True, help_text="A slug or an id. Null: none."
    )
    user = serializers.CharField(
        max_length=254, default=None, allow_null=True, help_text="An e-mail address or an id."
    )
    allowed_tasks = names_field("Empty: all of the plan.")
    allowed_models = names_field("Names of models; empty: all of the plan.")
    allowed_networks = names_field("Such as 192.0.2.0/24; empty: any address.")
    signups_allowed = serializers.IntegerField(min_value=0, max_value=10_000, default=0)
    expires_at = Moment(required=False, allow_null=True, help_text=f"Null: never. {IN_ZONE}")


def with_rows(given: dict[str, Any], tenant: Tenant) -> dict[str, Any]:
    """The input with rows of the tenant for the references in it, and its end as a moment.

    Raises NotFound, and InvalidRequest for an end that no calendar has.
    """
    placed_for(tenant, given, "expires_at")
    if given.get("team"):
        given["team"] = find_team(tenant=tenant, reference=given["team"])
    if given.get("user"):
        given["user"] = find_user(tenant=tenant, reference=given["user"])
    return {name: None if name in {"team", "user"} and not value else value for name, value in given.items()}
