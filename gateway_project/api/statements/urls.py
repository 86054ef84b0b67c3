"""Routes of statements."""

from django.urls import path

from gateway_project.api.statements.statements import (
    OneStatement,
    StatementCsv,
    StatementHtml,
    StatementPdf,
    Statements,
)

urlpatterns = [
    path("statements", Statements.as_view(), name="statements"),
    path("statements/<uuid:pk>", OneStatement.as_view(), name="statement"),
    path("statements/<uuid:pk>/pdf", StatementPdf.as_view(), name="statement-pdf"),
    path("statements/<uuid:pk>/csv", StatementCsv.as_view(), name="statement-csv"),
    path("statements/<uuid:pk>/html", StatementHtml.as_view(), name="statement-html"),
]
