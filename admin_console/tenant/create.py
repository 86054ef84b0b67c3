"""A new tenant: a name, a zone and a plan, and its page."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now

from admin_console.auditing import actor_of
from admin_console.tenant.acting import add_refusal
from admin_console.tenant.forms import NewTenantForm
from admin_console.tenant.issue import issued_page
from admin_console.who import Viewer, ceiling_of_user
from metering.errors import InvalidRequest, MeteringError
from metering.identity.tenants.create_tenant import create_tenant
from metering.identity.tokens.issue_token import issue_token
from metering.identity.tokens.secret import IssuedToken
from metering.models import Tenant


def new_tenant(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    """Ends on the tenant's page; with a plan, with its first token on it."""
    form = NewTenantForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = _make(request, form)
        if made is not None:
            tenant, issued = made
            messages.success(request, f"{tenant.name} is there. Its days begin in {tenant.timezone}.")
            if issued is None:
                return redirect(reverse("admin:tenant_hub", args=[tenant.slug]))
            return issued_page(request, viewer, page, tenant, issued)
    shown = {"form": form, "back": reverse("admin:tenants")}
    return render(request, "admin_console/new_tenant.html", {**page, **shown})


def _make(request: HttpRequest, form: NewTenantForm) -> tuple[Tenant, IssuedToken | None] | None:
    """None where the verbs refuse, which the form then says."""
    values, actor, moment = form.cleaned_data, actor_of(request), now()
    try:
        tenant, is_new = create_tenant(
            slug=values["slug"], name=values["name"], timezone=values["timezone"], actor=actor, now=moment
        )
        if not is_new:
            raise InvalidRequest(f"There is already a tenant {tenant.slug!r}.", param="slug")
        issued = None
        if values["plan"]:
            issued = issue_token(
                tenant=tenant,
                plan_code=values["plan"],
                name=f"{tenant.slug}-app",
                ceiling=ceiling_of_user(request.user),
                actor=actor,
                now=moment,
            )
    except MeteringError as error:
        add_refusal(form, error)
        return None
    return tenant, issued
