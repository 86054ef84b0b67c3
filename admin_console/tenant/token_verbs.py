"""Rotate or revoke one of a tenant's tokens, after it was said what that does."""

from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now

from admin_console.auditing import actor_of
from admin_console.dialogs import GRACE_CHOICES
from admin_console.tenant.acting import Act, act_page, add_refusal, done
from admin_console.tenant.issue import issued_page
from admin_console.tenant.reach import tenant_in_reach, token_in_reach
from admin_console.tenant.tokens_table import called
from admin_console.who import Viewer, ceiling_of_user
from metering.errors import MeteringError
from metering.identity.tokens.revoke_token import revoke_token
from metering.identity.tokens.rotate_token import rotate_token


class GraceForm(forms.Form):
    grace = forms.ChoiceField(
        label="How long the old secret keeps working", choices=list(GRACE_CHOICES.items()), initial="24"
    )


def rotate(
    request: HttpRequest, viewer: Viewer, page: dict[str, Any], slug: str, prefix: str
) -> HttpResponse:
    tenant = tenant_in_reach(viewer, slug)
    token = token_in_reach(tenant, prefix)
    form = GraceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            issued = rotate_token(
                token=token,
                grace=timedelta(hours=int(form.cleaned_data["grace"])),
                ceiling=ceiling_of_user(viewer.user),
                actor=actor_of(request),
                now=now(),
            )
            return issued_page(request, viewer, page, tenant, issued, verb="has a new secret")
        except MeteringError as error:
            add_refusal(form, error)
    act = Act(
        title=f"Rotate {called(token)}",
        sentence="The token stays as it is and gets a new secret, which is shown once.",
        button=f"Rotate {called(token)}",
    )
    return act_page(request, viewer, page, tenant, act, form=form)


def revoke(
    request: HttpRequest, viewer: Viewer, page: dict[str, Any], slug: str, prefix: str
) -> HttpResponse:
    tenant = tenant_in_reach(viewer, slug)
    token = token_in_reach(tenant, prefix)
    if request.method == "POST":
        revoke_token(token=token, actor=actor_of(request), now=now())
        return done(request, viewer, tenant, f"The token {called(token)} is revoked.")
    people = token.signed_up_users.filter(is_active=True).count()  # type: ignore[attr-defined]
    behind = f" So are the {people} people who signed up with it." if people else ""
    act = Act(
        title=f"Revoke {called(token)}",
        sentence=f"Its holders are refused within a second.{behind} This cannot be undone.",
        button=f"Revoke {called(token)}",
        is_dangerous=True,
    )
    return act_page(request, viewer, page, tenant, act)
