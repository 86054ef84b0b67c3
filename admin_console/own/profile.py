"""Who the viewer is here: name, role, teams and plan, and where the viewer is signed in."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from admin_console.doing import is_accepted, is_done, signed
from admin_console.people.forms import NameForm
from admin_console.people.list import ROLES
from admin_console.who import Viewer
from metering.identity.people.change_user import change_user
from metering.identity.sessions.own_sessions import end_own_session, own_sessions
from metering.models import Team, User


def profile(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    user = viewer.user
    if "end" in request.POST:
        return _sign_out(request, viewer, page)
    form = NameForm(request.POST or None, initial={"name": user.name})
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["name"]
        by = signed(request, viewer)
        if is_accepted(form, lambda: change_user(user=user, changes={"name": name}, **by)):
            messages.success(
                request, f"You are called {name}." if name else "You are called by your address."
            )
            return redirect(reverse("admin:profile"))
    shown = {
        "person": user,
        "role": ROLES.get(User.Role(user.role), "Operator"),
        "teams": list(
            Team.objects.filter(memberships__user=user).order_by("name").values_list("name", flat=True)
        ),
        "form": form,
        "sessions": own_sessions(user=user, now=page["now"]),
    }
    return render(request, "admin_console/profile.html", {**page, **shown})


def _sign_out(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    """Ends one of the viewer's sessions. Raises Http404 for what is no id."""
    try:
        id_ = UUID(request.POST["end"])
    except ValueError:
        raise Http404 from None

    def verb() -> str:
        session = end_own_session(user=viewer.user, id=id_, now=page["now"])
        return f"“{session.device}” is signed out." if session.device else "That sign-in has ended."

    is_done(request, verb)
    return redirect(reverse("admin:profile"))
