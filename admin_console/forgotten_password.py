"""Pages for people who have forgotten their password: ask for the mail, and choose another one with its token.

They are open to everybody, and to people who have no other page of the console.
"""

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.module_loading import import_string
from django.utils.timezone import now
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminPasswordWidget

from metering.alerts.email import is_mail_configured
from metering.errors import MeteringError, RateLimited
from metering.identity.people.request_reset import ANSWER, request_reset
from metering.identity.people.reset_password import reset_password

NO_MAIL = (
    "This gateway has no mail server, so no mail will come. Ask an administrator of your tenant or the gateway's "
    "operator for help."
)
CHANGED = "Your password is changed, and you are signed out everywhere. Sign in with the new one."


class MailForm(forms.Form):
    email = forms.EmailField(max_length=254, label="E-mail address", widget=UnfoldAdminEmailInputWidget)


class PasswordForm(forms.Form):
    token = forms.CharField(max_length=256, widget=forms.HiddenInput)
    password = forms.CharField(
        max_length=256, strip=False, label="New password", widget=UnfoldAdminPasswordWidget
    )
    again = forms.CharField(
        max_length=256, strip=False, label="The same again", widget=UnfoldAdminPasswordWidget
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("again") is not None and values.get("password") != values["again"]:
            self.add_error("again", "The two passwords differ.")
        return values


def ask_for_mail(request: HttpRequest, page: dict[str, Any]) -> HttpResponse:
    """Send the mail. The answer is the same for every address."""
    form = MailForm(request.POST or None)

    def act(values: dict[str, Any]) -> str:
        address = import_string(settings.AXES_CLIENT_IP_CALLABLE)(request)
        request_reset(email=values["email"], address=address, now=now())
        return ANSWER if is_mail_configured() else NO_MAIL

    return _answer(request, page, form, act, title="Forgotten password", button="Send a mail")


def choose_password(request: HttpRequest, page: dict[str, Any]) -> HttpResponse:
    """Take the token of the mail's link and another password."""
    form = PasswordForm(request.POST or None, initial={"token": request.GET.get("token", "")})

    def act(values: dict[str, Any]) -> str:
        reset_password(token=values["token"], password=values["password"], now=now())
        return CHANGED

    return _answer(request, page, form, act, title="Choose another password", button="Change the password")


def _answer(
    request: HttpRequest, page: dict[str, Any], form: forms.Form, act: Any, **words: str
) -> HttpResponse:
    done, status = "", 200
    if request.method == "POST" and form.is_valid():
        try:
            done = act(form.cleaned_data)
        except MeteringError as error:
            shown = error.param in form.fields and not form.fields[error.param].widget.is_hidden
            form.add_error(error.param if shown else None, error.message)
            status = 429 if isinstance(error, RateLimited) else 200
    facts = {**page, **words, "form": form, "done": done}
    response = render(request, "admin_console/forgotten_password.html", facts, status=status)
    response["Referrer-Policy"] = "strict-origin"  # the address of this page may have a token in it
    return response
