"""Invite somebody by mail."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from admin_console.doing import is_accepted, signed
from admin_console.people.forms import InviteForm
from admin_console.people.tabs import address
from admin_console.reach import choose_tenant, tenant_in_url
from admin_console.who import Viewer, ceiling_of_user
from metering.alerts.email import mail_sentence
from metering.identity.find import find_team, find_token
from metering.identity.invitations.bounds import LIFE
from metering.identity.invitations.invite import invite
from metering.identity.invitations.sign_up_token import sign_up_token
from metering.models import Tenant, User


def invite_somebody(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    tenant = tenant_in_url(request, viewer)
    if tenant is None:
        return choose_tenant(request, page)
    form = InviteForm(request.POST or None, tenant=tenant, ceiling=ceiling_of_user(viewer.user))
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        if is_accepted(form, lambda: _invite(request, viewer, tenant, values)):
            sent = mail_sentence("An invitation", values["email"])
            messages.success(request, f"{sent} Its link works once, for {LIFE.days} days.")
            return redirect(address("invitations", viewer, tenant))
    shown = {"tenant": tenant, "form": form, "back": address("people", viewer, tenant), "days": LIFE.days}
    return render(request, "admin_console/invite.html", {**page, **shown})


def _invite(request: HttpRequest, viewer: Viewer, tenant: Tenant, values: dict[str, Any]) -> None:
    by = signed(request, viewer)
    token = find_token(reference=values["token"], tenant=tenant) if values["token"] else None
    invite(
        tenant=tenant,
        email=values["email"],
        name=values["name"],
        role=User.Role(values["role"]),
        team=find_team(tenant=tenant, reference=values["team"]) if values["team"] else None,
        token=token or sign_up_token(tenant=tenant, own=viewer.user.signup_token, now=by["now"]),
        by=viewer.user,
        **by,
    )
