"""The page where somebody who is invited chooses a password and comes in. It is open to everybody."""

from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.forms import CharField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.module_loading import import_string
from django.utils.timezone import now
from unfold.widgets import UnfoldAdminTextInputWidget

from admin_console.doing import is_accepted
from admin_console.forgotten_password import PasswordForm
from admin_console.who import viewer_for
from metering.errors import MeteringError
from metering.identity.invitations.accept import accept_invitation, read_invitation
from metering.models import Invitation, User

BACKEND = "django.contrib.auth.backends.ModelBackend"
WELCOME = "You are in. From now on, sign in with this address and password."


class WelcomeForm(PasswordForm):
    """The token of the mail's link, a name and the password."""

    name = CharField(max_length=200, required=False, label="Your name", widget=UnfoldAdminTextInputWidget)
    field_order = ("token", "name", "password", "again")


def accept(request: HttpRequest, page: dict[str, Any]) -> HttpResponse:
    """Takes the token of the mail's link; once a password is chosen, the person is signed in."""
    given = (request.POST if request.method == "POST" else request.GET).get("token", "")
    invitation = _invitation(given)
    initial = {"token": given, "name": invitation.name if invitation is not None else ""}
    form = WelcomeForm(request.POST or None, initial=initial)
    shown = {
        **page,
        "title": "Choose a password",
        "button": "Come in",
        "form": form,
        "invitation": invitation,
    }
    if request.method == "POST" and invitation is not None and form.is_valid():
        came: list[User] = []
        if is_accepted(form, lambda: came.append(_accept(request, invitation, form.cleaned_data))):
            return _in(request, came[0], shown)
    response = render(request, "admin_console/invited.html", shown)
    response["Referrer-Policy"] = "strict-origin"  # the address of this page may have a token in it
    return response


def _invitation(secret: str) -> Invitation | None:
    try:
        return read_invitation(secret, now=now())
    except MeteringError:
        return None


def _accept(request: HttpRequest, invitation: Invitation, values: dict[str, Any]) -> User:
    import_string(settings.NETWORK_CHECK)(request, invitation.token.allowed_networks)
    return accept_invitation(
        invitation=invitation, password=values["password"], name=values["name"], now=now()
    )


def _in(request: HttpRequest, user: User, shown: dict[str, Any]) -> HttpResponse:
    if viewer_for(user, request) is None:  # the tenant was suspended in between
        return render(request, "admin_console/invited.html", {**shown, "done": WELCOME})
    login(request, user, backend=BACKEND)
    return redirect("admin:index")
