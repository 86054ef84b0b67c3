"""/api/plans: what each plan contains."""

from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.catalog.document import DRY_RUN, ChangesOut, applied, plain
from gateway_project.api.input import StrictInput
from gateway_project.api.pagination import CodePages
from gateway_project.api.permissions import IsSuperAdmin
from gateway_project.api.query import asks
from gateway_project.api.schema import paged
from gateway_project.api.views import ApiView
from metering.catalog.dump_catalog import dump_catalog
from metering.errors import NotFound
from metering.models import Plan

TAG = ["catalog"]


class PlanOut(serializers.Serializer[Plan]):
    code = serializers.CharField()
    name = serializers.CharField()
    is_active = serializers.BooleanField()


class Plans(ApiView):
    permission_classes = [IsSuperAdmin]
    pages = CodePages

    @paged(PlanOut, tags=TAG, of_tenants=False)
    def get(self, request: Request) -> Response:
        """Plans by code."""
        return self.page(Plan.objects.all(), PlanOut)


class OnePlan(ApiView):
    permission_classes = [IsSuperAdmin]

    class Document(StrictInput):
        name = serializers.CharField(required=False)
        features = serializers.ListField(child=serializers.CharField(), required=False)
        tasks = serializers.DictField(child=serializers.DictField(), required=False)
        rules = serializers.ListField(child=serializers.DictField(), required=False)
        budgets = serializers.ListField(child=serializers.DictField(), required=False)
        active = serializers.BooleanField(required=False)

    @extend_schema(responses=Document, tags=TAG)
    def get(self, request: Request, code: str) -> Response:
        """A plan as the catalog's document has it."""
        plans = plain(dump_catalog(now=now()))["plans"]
        if code not in plans:
            raise NotFound(f"There is no plan {code!r}.", param="plan")
        return Response(plans[code])

    @asks(DRY_RUN, request=Document, responses=ChangesOut, tags=TAG)
    def put(self, request: Request, code: str) -> Response:
        """Make the plan what the body says: what is not listed, it does not contain."""
        return Response(applied(request, {"plans": {code: request.data}}))
