"""The page where whoever has an ATI token with sign-ups left becomes a user. It is open to everybody."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.module_loading import import_string
from django.utils.timezone import now
from unfold.widgets import (
    UnfoldAdminEmailInputWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminTextInputWidget,
)

from admin_console.invited import BACKEND, WELCOME
from admin_console.who import viewer_for
from metering.errors import (
    InvalidCredential,
    MeteringError,
    NotPermitted,
    RateLimited,
)
from metering.identity.identify import live_token
from metering.identity.people.sign_up import sign_up
from metering.models import User

OF_THE_TOKEN = (InvalidCredential, NotPermitted)


class SignUpForm(forms.Form):
    """Neither secret is ever sent back to the page."""

    token = forms.CharField(
        max_length=128,
        label="ATI token",
        help_text="It begins with “ati_”. Whoever runs your tenant gave it to you.",
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "off"}),
    )
    email = forms.EmailField(max_length=254, label="E-mail address", widget=UnfoldAdminEmailInputWidget)
    name = forms.CharField(
        max_length=200, required=False, label="Your name", widget=UnfoldAdminTextInputWidget
    )
    password = forms.CharField(
        max_length=256,
        strip=False,
        label="Password",
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )


def sign_up_page(request: HttpRequest, page: dict[str, Any]) -> HttpResponse:
    """Ends on the overview, signed in. What was refused too often is 429 for a while, as in the API."""
    form = SignUpForm(request.POST or None)
    shown = {**page, "title": "Sign up with a token", "form": form}
    if request.method != "POST" or not form.is_valid():
        return render(request, "admin_console/sign_up.html", shown)
    try:
        user = _sign_up(request, **form.cleaned_data)
    except MeteringError as refusal:
        form.add_error(_field_of(refusal, form), refusal.message.removeprefix(f"{refusal.param}: "))
        return _refused(render(request, "admin_console/sign_up.html", shown), refusal)
    if viewer_for(user, request) is None:  # the tenant was suspended in between
        return render(request, "admin_console/sign_up.html", {**shown, "done": WELCOME})
    login(request, user, backend=BACKEND)
    return redirect("admin:index")


def _sign_up(request: HttpRequest, *, token: str, email: str, name: str, password: str) -> User:
    moment = now()
    with import_string(settings.SIGN_UPS_COUNTED)(request, email=email):
        found, _ = live_token(secret=token.strip(), now=moment)
        import_string(settings.NETWORK_CHECK)(request, found.allowed_networks)
        return sign_up(token=found, email=email, name=name, password=password, now=moment)


def _field_of(refusal: MeteringError, form: forms.Form) -> str | None:
    if isinstance(refusal, OF_THE_TOKEN):
        return "token"
    return refusal.param if refusal.param in form.fields else None


def _refused(response: HttpResponse, refusal: MeteringError) -> HttpResponse:
    if isinstance(refusal, RateLimited):
        response.status_code = 429
        response["Retry-After"] = str(refusal.retry_after_s)
    return response
