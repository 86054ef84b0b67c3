"""One statement as a page, and as a file to take along."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from admin_console.people.tabs import address
from admin_console.who import Viewer
from metering.models import BillingProfile, Statement
from metering.statements.document import document_of
from metering.statements.figures import figures_of
from metering.statements.files import Form, statement_file


def statement(request: HttpRequest, viewer: Viewer, page: dict[str, Any], id: UUID) -> HttpResponse:
    row = _in_reach(viewer, id)
    document = document_of(figures_of(row.figures), digest=row.digest)
    back = "" if viewer.own_only else address("statements", viewer, row.tenant)
    shown = {"statement": row, "document": document, "back": back}
    return render(
        request,
        "admin_console/statement.html",
        {**page, **shown, "title": f"{document.title}, {document.month}"},
    )


def statement_as_pdf(request: HttpRequest, viewer: Viewer, page: dict[str, Any], id: UUID) -> HttpResponse:
    return _file(_in_reach(viewer, id), "pdf")


def statement_as_csv(request: HttpRequest, viewer: Viewer, page: dict[str, Any], id: UUID) -> HttpResponse:
    return _file(_in_reach(viewer, id), "csv")


def _file(row: Statement, form: Form) -> HttpResponse:
    file = statement_file(row, form)
    return HttpResponse(file.content, content_type=file.content_type, headers=file.headers)


def _in_reach(viewer: Viewer, id: UUID) -> Statement:
    """Raises Http404 for one that is another tenant's or not a member's to read, as for one that never was."""
    if viewer.own_only and not _is_sent_statements(viewer):
        raise Http404
    rows = Statement.objects.select_related("tenant")
    if viewer.tenant is not None:
        rows = rows.for_tenant(viewer.tenant)
    row: Statement | None = rows.filter(pk=id).first()
    if row is None:
        raise Http404
    return row


def _is_sent_statements(viewer: Viewer) -> bool:
    """Whether a member is the one person whom the tenant has its statements mailed to."""
    profiles = BillingProfile.objects.filter(tenant=viewer.tenant, recipient=viewer.user)
    return profiles.filter(statements_to=BillingProfile.Recipients.PERSON).exists()
