"""Invitations of a tenant: who was invited, how it stands, and sending again or withdrawing one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now

from admin_console.doing import is_done, signed
from admin_console.paging import Pages
from admin_console.people.list import ROLES
from admin_console.people.tabs import address, tabs
from admin_console.reach import choose_tenant, tenant_in_url
from admin_console.who import Viewer
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


def invitations(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    tenant = tenant_in_url(request, viewer)
    if tenant is None:
        return choose_tenant(request, page)
    if request.method == "POST":
        _act(request, viewer, tenant)
        return redirect(request.get_full_path())
    shown = {
        "tenant": tenant,
        "tabs": tabs(viewer, tenant, "invitations"),
        "invite_url": address("invite", viewer, tenant),
        "pages": Pages.of(request.GET, lines_of(tenant)),
    }
    return render(request, "admin_console/invitations.html", {**page, **shown})


def _act(request: HttpRequest, viewer: Viewer, tenant: Tenant) -> None:
    """Raises Http404 where the tenant has no open invitation of this person."""
    open_ones = Invitation.objects.for_tenant(tenant).filter(accepted_at=None, withdrawn_at=None)
    row = open_ones.filter(email=request.POST.get("email", "").replace("\0", "")).first()
    if row is None:
        raise Http404
    by = signed(request, viewer)

    def resend() -> str:
        resend_invitation(invitation=row, **by)
        return f"Another mail is on its way to {row.email}; the link before it has ended."

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
