"""Vendors' keys that are kept in the database: typed in, and never shown again."""

from typing import Any
from uuid import UUID

from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.authentication import caller_of
from gateway_project.api.input import OtherName, StrictInput
from gateway_project.api.permissions import IsTenantAdmin
from gateway_project.api.reach import in_reach, row_in_reach, tenant_in_reach_or_all
from gateway_project.api.schema import paged
from gateway_project.api.views import ApiView
from metering.api_key import MAX_CHARACTERS
from metering.catalog.provider_keys.own_keys import remove_key, set_own_key, switch_own_key
from metering.catalog.provider_keys.set_key import DEFAULT_LABEL, set_provider_key, switch_provider_key
from metering.catalog.provider_keys.try_key import try_key
from metering.errors import NotFound
from metering.models import Provider, ProviderKey, User
from metering.models.provider_keys import LABEL_LENGTH

TAG = ["provider keys"]


class KeyOut(serializers.Serializer[ProviderKey]):
    id = serializers.UUIDField()
    provider = serializers.CharField(source="provider_id")
    tenant_id = serializers.UUIDField(allow_null=True, help_text="Whose own key it is; null: the gateway's.")
    label = serializers.CharField(  # type: ignore[assignment] # a field of the answer, not of the class
        help_text="Tells keys of one vendor apart."
    )
    last4 = serializers.CharField(help_text="How it ends; empty for a short one.")
    is_active = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField(help_text="When the key was set last.")


class KeyTestOut(serializers.Serializer[Any]):
    """What the vendor said."""

    ok = serializers.BooleanField()
    problem = serializers.CharField(allow_null=True, help_text="Without any part of the key.")


class Keys(ApiView):
    permission_classes = [IsTenantAdmin]

    class Input(StrictInput):
        provider = serializers.CharField(max_length=64)
        label = serializers.CharField(  # type: ignore[assignment] # a field of the input, not of the class
            max_length=LABEL_LENGTH, default=DEFAULT_LABEL
        )
        key = serializers.CharField(
            max_length=MAX_CHARACTERS, write_only=True, help_text="Kept encrypted, and never shown again."
        )
        tenant = serializers.CharField(
            max_length=63, default="", allow_blank=True, help_text="For super admins; empty: the gateway's."
        )
        tenant_id = OtherName("tenant")

    @paged(KeyOut, tags=TAG)
    def get(self, request: Request) -> Response:
        """Keys, the newest first."""
        return self.page(_keys(request), KeyOut)

    @extend_schema(request=Input, responses={200: KeyOut, 201: KeyOut}, tags=TAG)
    def post(self, request: Request) -> Response:
        """A new key (201), or a new one in the place of that of the same vendor and label (200)."""
        given, moment = self.valid(self.Input, request.data), now()
        tenant = tenant_in_reach_or_all(request, given.pop("tenant"))
        facts = {
            "key": given["key"],
            "label": given["label"],
            "actor": caller_of(request).actor,
            "now": moment,
        }
        if tenant is not None and caller_of(request).role != User.Role.SUPER_ADMIN:
            row = set_own_key(tenant=tenant, provider=given["provider"], **facts)
        else:
            row = set_provider_key(tenant=tenant, provider=_provider(given["provider"]), **facts)
        return Response(KeyOut(row).data, status=201 if row.created_at == moment else 200)


class OneKey(ApiView):
    permission_classes = [IsTenantAdmin]

    class Input(StrictInput):
        is_active = serializers.BooleanField(help_text="Whether calls may use it.")

    @extend_schema(responses=KeyOut, tags=TAG)
    def get(self, request: Request, pk: UUID) -> Response:
        """A key."""
        return Response(KeyOut(row_in_reach(_keys(request), request, pk)).data)

    @extend_schema(request=Input, responses=KeyOut, tags=TAG)
    def patch(self, request: Request, pk: UUID) -> Response:
        """Let calls use a key, or not any more. Another key is set by `POST`."""
        row = row_in_reach(_keys(request).select_related("tenant"), request, pk)
        changes = self.changes(self.Input, request.data, KeyOut(row).data)
        if "is_active" in changes:
            operator = caller_of(request).role == User.Role.SUPER_ADMIN
            switch = switch_provider_key if operator else switch_own_key
            switch(row=row, is_active=changes["is_active"], actor=caller_of(request).actor, now=now())
            row.refresh_from_db(fields=["is_active"])
        return Response(KeyOut(row).data)

    @extend_schema(responses={204: None}, tags=TAG)
    def delete(self, request: Request, pk: UUID) -> Response:
        """Remove a key. Calls go out with the tenant's other keys, or with the gateway's if there are none."""
        remove_key(row=row_in_reach(_keys(request), request, pk), actor=caller_of(request).actor, now=now())
        return Response(status=204)


class TryKey(ApiView):
    permission_classes = [IsTenantAdmin]

    @extend_schema(request=None, responses=KeyTestOut, tags=TAG)
    def post(self, request: Request, pk: UUID) -> Response:
        """Ask the vendor whether it accepts the key. Nothing is spent; ten times an hour for each tenant."""
        self.take_nothing(request)
        row = row_in_reach(_keys(request), request, pk)
        problem = try_key(row=row, actor=caller_of(request).actor, now=now())
        return Response(KeyTestOut({"ok": problem is None, "problem": problem}).data)


def _keys(request: Request) -> Any:
    return in_reach(ProviderKey.objects.defer("sealed"), request)


def _provider(name: str) -> Provider:
    """Raises NotFound."""
    row = Provider.objects.filter(name=name).first()
    if row is None:
        raise NotFound(f"There is no provider {name!r}.", param="provider")
    return row
