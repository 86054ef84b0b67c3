"""Where somebody who is signed in decides about a machine that shows a short code and wants to be signed in."""

from contextlib import AbstractContextManager
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.module_loading import import_string
from unfold.widgets import UnfoldAdminTextInputWidget

from admin_console.who import Viewer
from metering.errors import InvalidRequest, MeteringError, RateLimited
from metering.identity.devices.codes import MAX_WRITTEN, written_user_code
from metering.identity.devices.decide import decide, waiting_login
from metering.models import DeviceLogin

VERBS = {"approve": True, "deny": False}


class CodeForm(forms.Form):
    code = forms.CharField(
        max_length=MAX_WRITTEN,
        label="Code",
        help_text="Eight letters, as the machine shows them.",
        widget=UnfoldAdminTextInputWidget(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )


def device(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    """First the code is asked for, then what waits with it is shown. Wrong codes count as wrong passwords do."""
    given = request.POST if request.method == "POST" else request.GET
    form = CodeForm(given if "code" in given else None)
    shown = {**page, "form": form}
    if not form.is_valid():
        return render(request, "admin_console/device.html", shown)
    code, verb = form.cleaned_data["code"], request.POST.get("verb", "")
    try:
        with _guesses_counted(request, viewer):
            if verb in VERBS:
                login = decide(user_code=code, user=viewer.user, approved=VERBS[verb], now=page["now"])
                return _decided(request, login)
            login = waiting_login(user_code=code, now=page["now"])
    except MeteringError as refusal:
        form.add_error("code", refusal.message)
        return _refused(render(request, "admin_console/device.html", shown), refusal)
    shown |= {"login": login, "code": written_user_code(code)}
    return render(request, "admin_console/device.html", shown)


def _guesses_counted(request: HttpRequest, viewer: Viewer) -> AbstractContextManager[None]:
    counted = import_string(settings.ATTEMPTS_COUNTED)
    guard: AbstractContextManager[None] = counted(
        request, name=f"device code {viewer.user.email}", refusals=(InvalidRequest,)
    )
    return guard


def _decided(request: HttpRequest, login: DeviceLogin) -> HttpResponse:
    if login.state == DeviceLogin.State.APPROVED:
        messages.success(request, f"“{login.machine}” is being signed in as you. You can close this page.")
    else:
        messages.success(request, f"“{login.machine}” was turned away.")
    return redirect(reverse("admin:profile"))


def _refused(response: HttpResponse, refusal: MeteringError) -> HttpResponse:
    if isinstance(refusal, RateLimited):
        response.status_code = 429
        response["Retry-After"] = str(refusal.retry_after_s)
    return response
