"""Statements of the caller's tenant; a super admin sees everybody's."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.permissions import IsTenantAdmin
from gateway_project.api.reach import in_reach, row_in_reach
from gateway_project.api.schema import paged
from gateway_project.api.views import ApiView
from metering.models import Statement
from metering.money import usd_text
from metering.statements.figures import as_json, figures_of
from metering.statements.files import Form, statement_file
from metering.statements.round import cents

TAG = ["statements"]


class StatementOut(serializers.Serializer[Statement]):
    id = serializers.UUIDField()
    number = serializers.CharField(source="name")
    tenant = serializers.CharField(source="tenant.slug")
    month = serializers.SerializerMethodField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    issued_at = serializers.DateTimeField()
    digest = serializers.CharField(help_text="SHA-256 of the figures.")
    total_usd = serializers.SerializerMethodField()
    to_pay_usd = serializers.SerializerMethodField(help_text="The total, rounded to the cent.")

    def get_month(self, statement: Statement) -> str:
        return f"{statement.month:%Y-%m}"

    def get_total_usd(self, statement: Statement) -> str:
        return usd_text(figures_of(statement.figures).total_nano_usd)

    def get_to_pay_usd(self, statement: Statement) -> str:
        return str(cents(figures_of(statement.figures).total_nano_usd))


class OneStatementOut(StatementOut):
    figures = serializers.SerializerMethodField()

    def get_figures(self, statement: Statement) -> dict[str, Any]:
        found: dict[str, Any] = as_json(figures_of(statement.figures))
        return found


class Statements(ApiView):
    permission_classes = [IsTenantAdmin]

    @paged(StatementOut, tags=TAG)
    def get(self, request: Request) -> Response:
        """Statements, the newest first."""
        return self.page(in_reach(Statement.objects.select_related("tenant"), request), StatementOut)


class OneStatement(ApiView):
    permission_classes = [IsTenantAdmin]

    @extend_schema(responses=OneStatementOut, tags=TAG)
    def get(self, request: Request, pk: UUID) -> Response:
        """A statement with all that it says; amounts in nano-USD."""
        rows = Statement.objects.select_related("tenant")
        return Response(OneStatementOut(row_in_reach(rows, request, pk)).data)


class _File(ApiView):
    permission_classes = [IsTenantAdmin]
    form: Form

    def answer(self, request: Request, pk: UUID) -> HttpResponse:
        file = statement_file(row_in_reach(Statement.objects.all(), request, pk), self.form)
        return HttpResponse(file.content, content_type=file.content_type, headers=file.headers)


class StatementPdf(_File):
    form = "pdf"

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY}, tags=TAG)
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """A statement as PDF."""
        return self.answer(request, pk)


class StatementCsv(_File):
    form = "csv"

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR}, tags=TAG)
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """A statement as CSV, exact to the nano-dollar."""
        return self.answer(request, pk)


class StatementHtml(_File):
    form = "html"

    @extend_schema(responses={(200, "text/html"): OpenApiTypes.STR}, tags=TAG)
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """A statement as one page of HTML that needs nothing else."""
        return self.answer(request, pk)
