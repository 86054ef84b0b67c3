"""Invitations of a tenant: who was invited, how it stands, and sending again or withdrawing one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now

from admin_console.doing import is_done, signed
from admin_console.paging import Pages
from admin_console.parts import (
    Choice,
    Column,
    FilterBar,
    Select,
    linked_columns,
    matching,
    sort_key,
    sorted_rows,
)
from admin_console.people.list import ROLES
from admin_console.people.tabs import address, tabs
from admin_console.reach import choose_tenant, tenant_in_url
from admin_console.who import Viewer
from metering.alerts.email import mail_sentence
from metering.identity.invitations.resend import resend_invitation
from metering.identity.invitations.state import state_of
from metering.identity.invitations.withdraw import withdraw_invitation
from metering.models import AlertDelivery, Invitation, Tenant, User

MOST = 1_000
TONES = {"open": "info", "accepted": "ok", "withdrawn": "", "expired": "warn"}
MAIL = {
    "pending": "on its way",
    "sending": "on its way",
    "sent": "sent",
    "failed": "not delivered",
    "uncertain": "perhaps delivered",
    "no_server": "waits for a mail server",
}


COLUMNS = (
    Column(key="person", title="Person", sorts=True),
    Column(key="state", title="State", sorts=True),
    Column(key="role", title="Role", sorts=True, hides="mid"),
    Column(key="mail", title="Mail", sorts=True, hides="mid"),
    Column(key="by", title="Invited by", sorts=True, hides="lo"),
    Column(key="until", title="Link works until", sorts=True, hides="lo"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the list."""

    email: str
    name: str
    role: str
    state: str
    tone: str
    mail: str
    by: str
    asked_at: datetime
    expires_at: datetime
    is_open: bool


BY: Mapping[str, Callable[[Line], Any]] = {
    "person": lambda line: line.email,
    "state": lambda line: line.state,
    "role": lambda line: line.role,
    "mail": lambda line: (line.mail, line.asked_at),
    "by": lambda line: line.by,
    "until": lambda line: line.expires_at,
}


def invitations(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    tenant = tenant_in_url(request, viewer)
    if tenant is None:
        return choose_tenant(request, page)
    if request.method == "POST":
        _act(request, viewer, tenant)
        return redirect(request.get_full_path())
    lines = lines_of(tenant)
    found = matching(request.GET, lines, lambda line: (line.email, line.name, line.by))
    state = request.GET.get("state", "")
    found = [line for line in found if state in ("", line.state)]
    shown = {
        "tenant": tenant,
        "tabs": tabs(viewer, tenant, "invitations"),
        "invite_url": address("invite", viewer, tenant),
        "filters": _filters(request) if lines else None,
        "columns": linked_columns(request.GET, COLUMNS),
        "pages": Pages.of(request.GET, sorted_rows(found, sort_key(request.GET, COLUMNS), BY)),
    }
    return render(request, "admin_console/invitations.html", {**page, **shown})


def _filters(request: HttpRequest) -> FilterBar:
    states = tuple(Choice(value=state, label=state.capitalize()) for state in TONES)
    select = Select(name="state", label="State", choices=states)
    return FilterBar.of(request.GET, selects=(select,), search="Name or address")


def _act(request: HttpRequest, viewer: Viewer, tenant: Tenant) -> None:
    """Raises Http404 where the tenant has no open invitation of this person."""
    open_ones = Invitation.objects.for_tenant(tenant).filter(accepted_at=None, withdrawn_at=None)
    row = open_ones.filter(email=request.POST.get("email", "")).first()
    if row is None:
        raise Http404
    by = signed(request, viewer)

    def resend() -> str:
        resend_invitation(invitation=row, **by)
        return f"{mail_sentence('Another mail', row.email)} The link before it has ended."

    def withdraw() -> str:
        withdraw_invitation(invitation=row, actor=by["actor"], now=by["now"])
        return f"The invitation of {row.email} is withdrawn; its link opens nothing any more."

    verb = {"resend": resend, "withdraw": withdraw}.get(request.POST.get("verb", ""))
    if verb is None:
        raise Http404
    is_done(request, verb)


def lines_of(tenant: Tenant) -> list[Line]:
    """The newest first, the open ones before the others."""
    moment = now()
    newest = AlertDelivery.objects.filter(invitation=OuterRef("pk")).order_by("-id").values("state")[:1]
    rows = Invitation.objects.for_tenant(tenant).select_related("invited_by").annotate(mail=Subquery(newest))
    lines = [_line(row, moment) for row in rows.order_by("-id")[:MOST]]
    return sorted(lines, key=lambda line: not line.is_open)


def _line(row: Invitation, moment: datetime) -> Line:
    state = state_of(row, now=moment)
    return Line(
        email=row.email,
        name=row.name,
        role=ROLES[User.Role(row.role)],
        state=state,
        tone=TONES[state],
        mail=MAIL.get(row.mail, "-"),  # type: ignore[attr-defined]
        by=row.invited_by.email if row.invited_by is not None else "-",
        asked_at=row.asked_at[-1],
        expires_at=row.expires_at,
        is_open=row.is_open,
    )
