"""GET /api/audit: the changes in the caller's tenant, in words; super admins see all."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.audit.asked import AskedIn, trail_in_reach, words_of
from gateway_project.api.authentication import caller_of
from gateway_project.api.keyset import cursor_of, key_page
from gateway_project.api.pagination import limit_of
from gateway_project.api.permissions import IsTenantAdmin
from gateway_project.api.query import asks
from gateway_project.api.schema import CURSOR, LIMIT
from gateway_project.api.views import ApiView
from metering.audit_trail.entries import Entry
from metering.audit_trail.read_trail import TrailKey
from metering.audit_trail.search_trail import search_trail
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
    """Entries in the order that was asked for."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = EntryOut(many=True)


class Trail(ApiView):
    permission_classes = [IsTenantAdmin]

    class Input(AskedIn):
        pass

    @asks(Input, CURSOR, LIMIT, responses=TrailPage, tags=TAG)
    def get(self, request: Request) -> Response:
        """Who did what when, the newest first unless `sort=when`. A tenant is told that an operator did it, not which.

        With `q` a page looks through 5,000 changes: it may have fewer rows than `limit`, even none, and still a `next`.
        """
        given = {
            name: value for name, value in request.query_params.items() if name not in ("cursor", "limit")
        }
        asked = self.valid(self.Input, given)
        chosen, zone = trail_in_reach(request, asked)
        entries, after = search_trail(
            chosen,
            words_of(asked),
            tenant=caller_of(request).tenant,
            zone=zone,
            limit=limit_of(request),
            after=cursor_of(request, TrailKey),
        )
        rows: list[Any] = [EntryOut(entry).data for entry in entries]
        return key_page(request, rows, after)
