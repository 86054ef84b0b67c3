"""GET /api/audit: the changes in the caller's tenant, the newest first, in words; super admins see all."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.audit.asked import AskedIn, trail_in_reach
from gateway_project.api.authentication import caller_of
from gateway_project.api.keyset import cursor_of, key_page
from gateway_project.api.pagination import limit_of
from gateway_project.api.permissions import IsTenantAdmin
from gateway_project.api.query import asks
from gateway_project.api.schema import CURSOR, LIMIT
from gateway_project.api.views import ApiView
from metering.audit_trail.entries import Entry, entries_of
from metering.audit_trail.read_trail import TrailKey, trail_page
from metering.audit_trail.values import Change

TAG = ["audit"]


class ValueChangeOut(serializers.Serializer[Change]):
    """One value before and after, as people read it."""

    field = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()


class EntryOut(serializers.Serializer[Entry]):
    """One change: who did what when."""

    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    actor = serializers.CharField(
        help_text="An address or a token's prefix; for a tenant `operator` if it was none of its own."
    )
    who = serializers.CharField()
    action = serializers.CharField(help_text="A dotted name, such as `token.issued`.")
    noun = serializers.CharField(help_text="What was changed.")
    target = serializers.CharField(help_text="What people call it; empty: nobody knows any more.")
    sentence = serializers.CharField()
    changes = ValueChangeOut(many=True)
    tenant = serializers.CharField(help_text="The slug; empty: the gateway's own.")


class TrailPage(serializers.Serializer[object]):
    """Entries, the newest first."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = EntryOut(many=True)


class Trail(ApiView):
    permission_classes = [IsTenantAdmin]

    class Input(AskedIn):
        pass

    @asks(Input, CURSOR, LIMIT, responses=TrailPage, tags=TAG)
    def get(self, request: Request) -> Response:
        """Who did what when, the newest first. Of operators a tenant is told that it was one, not who."""
        given = {
            name: value for name, value in request.query_params.items() if name not in ("cursor", "limit")
        }
        chosen, zone = trail_in_reach(request, self.valid(self.Input, given))
        events, after = trail_page(chosen, limit=limit_of(request), after=cursor_of(request, TrailKey))
        entries = entries_of(events, tenant=caller_of(request).tenant, zone=zone)
        rows: list[Any] = [EntryOut(entry).data for entry in entries]
        return key_page(request, rows, after)
