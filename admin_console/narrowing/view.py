"""A token's page of what it may do, for super admins and the tenant's own administrators."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.utils.timezone import now

from admin_console.auditing import actor_of
from admin_console.narrowing.form import NarrowForm
from admin_console.narrowing.words import change_words, width_words
from admin_console.who import Viewer, ceiling_of_user
from admin_console.zone import zone_of_tenant
from metering.errors import MeteringError
from metering.identity.tokens.ceiling import plan_holder
from metering.identity.tokens.change_token import change_token
from metering.identity.tokens.undo_change import last_change, undo_change
from metering.identity.tokens.width import narrowing_of
from metering.models import ATIToken

FIELDS = {"expires_at": "ends_on"}
"""Fields of the form by what the verb calls them."""


def narrow(request: HttpRequest, viewer: Viewer, page: dict[str, Any], prefix: str) -> HttpResponse:
    token = _token(viewer, prefix)
    zone = zone_of_tenant(token.tenant)
    form = NarrowForm(request.POST or None, token=token, zone=zone)
    if request.method == "POST" and form.is_valid() and _change(request, token, form):
        return redirect("admin:token_narrow", prefix=prefix)
    changed = last_change(token)
    ceiling = ceiling_of_user(viewer.user)
    shown = {
        "token": token,
        "form": form,
        "zone": zone,
        "title": f"What {token.name or 'the token'} may do",
        "is_revoked": token.revoked_at is not None,
        "width": width_words(narrowing_of(token), zone),
        "ceiling": width_words(narrowing_of(plan_holder(ceiling)), zone) if ceiling and ceiling.token else (),
        "undoes": change_words(changed, zone) if changed else (),
    }
    return render(request, "admin_console/narrowing.html", {**page, **shown})


def undo(request: HttpRequest, viewer: Viewer, page: dict[str, Any], prefix: str) -> HttpResponse:
    """Takes the last change back, as far as whoever asks may."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    token = _token(viewer, prefix)
    try:
        undo_change(token=token, actor=actor_of(request), now=now(), ceiling=ceiling_of_user(viewer.user))
    except MeteringError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"{token.name or token.prefix} may do what it did before.")
    return redirect("admin:token_narrow", prefix=prefix)


def _token(viewer: Viewer, prefix: str) -> ATIToken:
    tokens = ATIToken.objects.select_related("tenant", "team", "plan_tier").filter(prefix=prefix)
    token = (tokens if viewer.tenant is None else tokens.for_tenant(viewer.tenant)).first()
    if token is None:
        raise Http404
    return token


def _change(request: HttpRequest, token: ATIToken, form: NarrowForm) -> bool:
    """Whether the token is now as the form has it; where not, the form says why."""
    changes = form.changes()
    if not changes:
        messages.info(request, "Nothing has changed.")
        return True
    try:
        change_token(
            token=token,
            changes=changes,
            actor=actor_of(request),
            now=now(),
            ceiling=ceiling_of_user(request.user),
        )
    except MeteringError as error:
        field = FIELDS.get(error.param or "", error.param)
        form.add_error(field if field in form.fields else None, error.message)
        return False
    messages.success(request, f"{token.name or token.prefix} is changed. It counts within a second.")
    return True
