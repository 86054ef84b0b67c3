"""/api/catalog: the whole catalog as one document, the same that `load_catalog` reads from YAML (docs/catalog.md)."""

from typing import Any

import msgspec
from django.utils.timezone import now
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.authentication import caller_of
from gateway_project.api.catalog.load_document import load_document
from gateway_project.api.input import StrictInput
from gateway_project.api.permissions import IsSuperAdmin
from gateway_project.api.query import asks, query_flag
from gateway_project.api.views import ApiView
from metering.catalog.dump_catalog import dump_catalog
from metering.errors import InvalidRequest

TAG = ["catalog"]
DRY_RUN = OpenApiParameter("dry_run", bool, description="Only tell what would change.")


class ChangeOut(serializers.Serializer[object]):
    """One row that was added, changed or removed."""

    action = serializers.CharField()
    kind = serializers.CharField()
    name = serializers.CharField()
    fields = serializers.DictField(  # type: ignore[assignment] # a field of the answer, not of the class
        child=serializers.DictField(), help_text="Name → its value before and after."
    )


class ChangesOut(serializers.Serializer[object]):
    dry_run = serializers.BooleanField()
    changes = ChangeOut(many=True)


class Catalog(ApiView):
    permission_classes = [IsSuperAdmin]

    class Document(StrictInput):
        providers = serializers.DictField(child=serializers.DictField(), required=False)
        models = serializers.DictField(child=serializers.DictField(), required=False)
        plans = serializers.DictField(child=serializers.DictField(), required=False)
        rules = serializers.ListField(
            child=serializers.DictField(), required=False, help_text="The gateway's own."
        )
        budgets = serializers.ListField(child=serializers.DictField(), required=False)

    @extend_schema(responses=Document, tags=TAG)
    def get(self, request: Request) -> Response:
        """Everything, with the prices in force now. Providers name the variable of their key, never the key."""
        return Response(plain(dump_catalog(now=now())))

    @asks(DRY_RUN, request=Document, responses=ChangesOut, tags=TAG)
    def put(self, request: Request) -> Response:
        """Bring what the document names into force, whole or not at all; what it does not name stays."""
        return Response(applied(request, request.data))


def applied(request: Request, document: object) -> dict[str, Any]:
    """Load a document. Raises InvalidRequest where it is none, CatalogInvalid with every problem in it."""
    if not isinstance(document, dict):
        raise InvalidRequest("The body must be a JSON object.")
    dry_run = query_flag(request, "dry_run") or False
    changes = load_document(document, actor=caller_of(request).actor, now=now(), dry_run=dry_run)
    return {"dry_run": dry_run, "changes": [change.as_json() for change in changes]}


def plain(catalog: object) -> Any:
    """In types that JSON has: money as text."""
    return msgspec.to_builtins(catalog)
