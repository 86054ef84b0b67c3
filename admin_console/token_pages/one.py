"""One token: what it may, what it spent; rotate it with a grace period, or revoke it."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now

from admin_console.dialogs import GRACE_CHOICES
from admin_console.doing import is_done, signed
from admin_console.links import to_page
from admin_console.people.tabs import address
from admin_console.reach import choose_tenant, chosen_slug, tenant_in_url
from admin_console.spend import spent_this_month
from admin_console.tenant.issue import Issued
from admin_console.tenant.ready_lines import lines_for
from admin_console.token_pages.list import TONES
from admin_console.token_pages.rows import narrowing_words, task_names, tokens_in_reach, whose
from admin_console.who import Viewer
from metering.errors import MeteringError
from metering.identity.tokens.revoke_token import revoke_token
from metering.identity.tokens.rotate_token import MAX_GRACE, rotate_token
from metering.identity.tokens.state import state_of
from metering.models import ATIToken, Tenant


class RotateForm(forms.Form):
    grace = forms.TypedChoiceField(
        choices=list(GRACE_CHOICES.items()), initial="24", coerce=int, label="The old secret works for"
    )


def token(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    tenant = tenant_in_url(request, viewer)
    if tenant is None:
        return choose_tenant(request, page)
    row = _token(request, viewer, tenant)
    if request.method == "POST":
        return _act(request, viewer, tenant, row, page)
    moment = now()
    state = state_of(row, now=moment)
    shown = {
        "title": f"Token {row.name or row.prefix}",
        "tenant": tenant,
        "token": row,
        "state": state,
        "tone": TONES[state],
        "whose": whose(row),
        "narrowing": narrowing_words(row, task_names()),
        "old_secret_until": row.previous_valid_until
        if row.previous_valid_until is not None and row.previous_valid_until > moment
        else None,
        "spent": spent_this_month(tenant, by="token", now=moment).get(row.pk, 0),
        "usage_url": address("explore", viewer, tenant, token=row.prefix, range="month"),
        "calls_url": to_page("activity", tenant=chosen_slug(viewer, tenant), token=row.prefix),
        "narrow_url": "" if viewer.own_only else reverse("admin:token_narrow", args=[row.prefix]),
        "form": RotateForm(),
        "back": address("tokens", viewer, tenant),
        "is_own_plan": row.pk == viewer.user.signup_token_id,
    }
    return render(request, "admin_console/token.html", {**page, **shown})


def _token(request: HttpRequest, viewer: Viewer, tenant: Tenant) -> ATIToken:
    prefix = request.GET.get("token", "")
    rows = tokens_in_reach(viewer, tenant).select_related("team", "user", "tenant")
    row = rows.filter(prefix=prefix).first()
    if row is None:
        raise Http404
    return row


def _act(
    request: HttpRequest, viewer: Viewer, tenant: Tenant, row: ATIToken, page: dict[str, Any]
) -> HttpResponse:
    """Raises Http404 for a verb that there is not."""
    by = signed(request, viewer)
    here = redirect(request.get_full_path())
    if request.POST.get("verb") == "revoke":

        def revoke() -> str:
            revoke_token(token=row, actor=by["actor"], now=by["now"])
            return f"{row.name or row.prefix} is revoked: whoever uses it is refused within a second."

        is_done(request, revoke)
        return here
    form = RotateForm(request.POST)
    if request.POST.get("verb") != "rotate" or not form.is_valid():
        raise Http404
    try:
        grace = min(timedelta(hours=form.cleaned_data["grace"]), MAX_GRACE)
        issued = rotate_token(token=row, grace=grace, **by)
    except MeteringError as error:
        messages.error(request, error.message)
        return here
    fresh = tokens_in_reach(viewer, tenant).select_related("plan_tier").get(pk=issued.id)
    shown = Issued(
        title=f"Token {fresh.name or fresh.prefix} has a new secret",
        secret=issued.secret,
        lines=lines_for(request, fresh),
        page_url=address("token", viewer, tenant, token=issued.prefix),
    )
    return render(request, "admin_console/token_secret.html", {**page, "title": shown.title, "issued": shown})
