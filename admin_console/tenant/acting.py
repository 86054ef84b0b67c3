"""What the pages share on which something is done with a tenant: one form, what it would do, and its button."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from admin_console.blast_radius import Preview, preview_of
from admin_console.tenant.reach import hub_url
from admin_console.who import Viewer
from admin_console.zone import zone_of_tenant
from metering.errors import MeteringError
from metering.models import Tenant
from metering.simulation.change import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing that can be done: its title, what it does in a sentence, and the words on its button."""

    title: str
    sentence: str
    button: str
    is_dangerous: bool = False
    asks_first: bool = False
    """Whether the form can be looked at before it is sent."""


def act_page(
    request: HttpRequest,
    viewer: Viewer,
    page: dict[str, Any],
    tenant: Tenant,
    act: Act,
    *,
    form: forms.Form | None = None,
    preview: Preview | None = None,
    **more: Any,
) -> HttpResponse:
    shown = {
        "title": act.title,
        "zone": zone_of_tenant(tenant),
        "tenant": tenant,
        "act": act,
        "form": form,
        "preview": preview,
        "back": hub_url(viewer, tenant),
        **more,
    }
    return render(request, "admin_console/tenant_act.html", {**page, **shown})


def effect_of(change: Change, *, title: str, tenant: Tenant, now: datetime) -> Preview:
    """What the change would do, on the tenant's calendar. Raises what its verb raises."""
    return preview_of(change, title=title, now=now, zone=zone_of_tenant(tenant))


def done(request: HttpRequest, viewer: Viewer, tenant: Tenant, sentence: str) -> HttpResponse:
    """Back to the tenant's page, which says what was done."""
    messages.success(request, sentence)
    return redirect(hub_url(viewer, tenant))


def add_refusal(form: forms.Form, error: MeteringError, **fields: str) -> None:
    """At the field at fault. `fields` says what the verb calls the form's fields, where the names differ."""
    field = fields.get(error.param or "", error.param)
    form.add_error(field if field in form.fields else None, error.message)
