"""Who the viewer is here: name, role, teams and plan."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from admin_console.doing import is_accepted, signed
from admin_console.people.forms import NameForm
from admin_console.people.list import ROLES
from admin_console.who import Viewer
from metering.identity.people.change_user import change_user
from metering.models import Team, User


def profile(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    user = viewer.user
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
    }
    return render(request, "admin_console/profile.html", {**page, **shown})
