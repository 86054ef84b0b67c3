"""A tenant's statements, the newest first; for super admins without a tenant everybody's."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now

from admin_console.auditing import actor_of
from admin_console.doing import is_accepted
from admin_console.paging import Pages
from admin_console.parts import Column, FilterBar, linked_columns, matching, sort_key, sorted_rows
from admin_console.reach import tenant_in_url, tenant_selects
from admin_console.statements.forms import BillingForm
from admin_console.who import Viewer
from metering.models import BillingProfile, Statement, Tenant
from metering.statements.change_profile import change_profile
from metering.statements.figures import figures_of
from metering.statements.round import cents

MOST = 1_000
COLUMNS = (
    Column(key="month", title="Month", sorts=True),
    Column(key="tenant", title="Tenant", sorts=True),
    Column(key="requests", title="Requests", is_number=True, sorts=True, hides="mid"),
    Column(key="to_pay", title="To pay", is_number=True, sorts=True),
    Column(key="issued", title="Issued", sorts=True, hides="lo"),
)
NEWEST = "-month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    row: Statement
    month: str
    to_pay: Decimal
    """To the cent, as the statement says it."""
    requests: int

    @property
    def shown(self) -> str:
        return f"${self.to_pay:,}"


BY: Mapping[str, Callable[[Line], Any]] = {
    "month": lambda line: (line.row.month, line.row.issued_at),
    "tenant": lambda line: line.row.tenant.name.lower(),
    "requests": lambda line: line.requests,
    "to_pay": lambda line: line.to_pay,
    "issued": lambda line: line.row.issued_at,
}


def statements(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    tenant = tenant_in_url(request, viewer)
    form = None if tenant is None else _form(request, viewer, tenant)
    if request.method == "POST":
        if form is None or tenant is None:
            raise Http404
        if form.is_valid() and is_accepted(form, lambda: _change(request, tenant, form)):
            messages.success(request, "That is how it is from the next statement on.")
            return redirect(request.get_full_path())
    rows = Statement.objects.select_related("tenant").defer("seen")
    if tenant is not None:
        rows = rows.for_tenant(tenant)
    found = matching(request.GET, [_line(row) for row in rows[:MOST]], _texts)
    columns = tuple(column for column in COLUMNS if tenant is None or column.key != "tenant")
    pages = Pages.of(request.GET, sorted_rows(found, sort_key(request.GET, columns, default=NEWEST), BY))
    shown = {
        "tenant": tenant,
        "form": form,
        "lines": pages.rows,
        "pages": pages,
        "columns": linked_columns(request.GET, columns, default=NEWEST),
        "requests": sum(line.requests for line in found),
        "to_pay": f"${sum((line.to_pay for line in found), Decimal(0)):,}",
        "filters": FilterBar.of(
            request.GET,
            selects=tenant_selects(viewer),
            search="Month or number" if viewer.tenant is not None else "Month, number or tenant",
        ),
    }
    return render(request, "admin_console/statements.html", {**page, **shown})


def _texts(line: Line) -> tuple[str, ...]:
    """What of a statement is looked through."""
    return line.month, line.row.name, line.row.tenant.name, line.row.tenant.slug


def _line(row: Statement) -> Line:
    figures = figures_of(row.figures)
    return Line(
        row=row,
        month=f"{row.month:%B %Y}",
        to_pay=cents(figures.total_nano_usd),
        requests=figures.usage.requests,
    )


def _form(request: HttpRequest, viewer: Viewer, tenant: Tenant) -> BillingForm:
    profile = BillingProfile.objects.for_tenant(tenant).first() or BillingProfile(tenant=tenant)
    initial = {name: getattr(profile, name) for name in ("statements_to", "recipient", "customer_id")}
    return BillingForm(
        request.POST if request.method == "POST" else None,
        tenant=tenant,
        is_operators=viewer.tenant is None,
        initial=initial,
    )


def _change(request: HttpRequest, tenant: Tenant, form: BillingForm) -> None:
    values: Any = form.cleaned_data
    change_profile(tenant=tenant, changes=values, actor=actor_of(request), now=now())
