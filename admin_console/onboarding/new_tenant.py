"""A new tenant in one go: its plan and first token, a budget, and the invitation of its first administrator."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now

from admin_console.auditing import actor_of
from admin_console.onboarding.first_call import watched
from admin_console.onboarding.forms import NewTenantForm
from admin_console.tenant.acting import add_refusal
from admin_console.tenant.issue import shown_once
from admin_console.who import Viewer
from admin_console.wording import usd
from admin_console.words import window_word
from admin_console.zone import zone_of_tenant
from metering.alerts.email import mail_sentence
from metering.errors import MeteringError
from metering.identity.tokens.secret import IssuedToken
from metering.models import Tenant
from metering.onboarding.onboard_tenant import Onboarded, onboard_tenant


def new_tenant(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    """With a plan it ends where the first token is shown and its first call waited for; else on the tenant's page."""
    form = NewTenantForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = _make(request, viewer, form)
        if made is not None:
            messages.success(request, _sentence(made))
            if made.token is None:
                return redirect(reverse("admin:tenant_hub", args=[made.tenant.slug]))
            return _ready(request, viewer, page, made.tenant, made.token)
    shown = {"form": form, "back": reverse("admin:tenants")}
    return render(request, "admin_console/onboarding/new_tenant.html", {**page, **shown})


def _make(request: HttpRequest, viewer: Viewer, form: NewTenantForm) -> Onboarded | None:
    """None where the verb refuses, which the form then says."""
    values = form.cleaned_data
    try:
        return onboard_tenant(
            slug=values["slug"],
            name=values["name"],
            timezone=values["timezone"],
            plan_code=values["plan"],
            budget_usd="" if values["budget"] is None else f"{values['budget']:f}",
            window=values["window"] or form.fields["window"].initial,
            admin_email=values["email"],
            by=viewer.user,
            actor=actor_of(request),
            now=now(),
        )
    except MeteringError as error:
        add_refusal(form, error, amount="budget")
        return None


def _ready(
    request: HttpRequest, viewer: Viewer, page: dict[str, Any], tenant: Tenant, token: IssuedToken
) -> HttpResponse:
    """It answers a POST and is nowhere else: whoever reloads it sees no secret, and goes on waiting."""
    url = reverse("admin:tenant_first_call", args=[tenant.slug])
    shown = {
        "title": f"{tenant.name} is ready",
        "zone": zone_of_tenant(tenant),
        "tenant": tenant,
        "issued": shown_once(request, token, verb="issued", page_url=url),
        "watched": watched(tenant, viewer, page["now"]),
    }
    return render(request, "admin_console/onboarding/first_call.html", {**page, **shown})


def _sentence(made: Onboarded) -> str:
    parts = [f"{made.tenant.name} is there. Its days begin in {made.tenant.timezone}."]
    if made.budget is not None:
        parts.append(f"It may spend {usd(made.budget.amount)} {window_word(made.budget.window)}.")
    if made.invitation is not None:
        parts.append(mail_sentence("An invitation", made.invitation.email))
    return " ".join(parts)
