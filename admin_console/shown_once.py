"""Shows a new token's secret once: on the page that answers the request which made it, and in no cookie or session."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from metering.models import ATIToken

IN_PLACE_OF_THE_DIALOG = {"HX-Retarget": "#dialog", "HX-Reselect": "#dialog", "HX-Reswap": "outerHTML"}
"""For htmx, by which dialogs are sent."""


def secret_page(
    request: HttpRequest, token: ATIToken, secret: str, *, page: dict[str, Any], title: str
) -> HttpResponse:
    """A page of its own."""
    return _shown(request, token, secret, "secret_page", {**page, "title": title})


def secret_dialog(request: HttpRequest, token: ATIToken, secret: str) -> HttpResponse:
    """What a dialog shows after it was sent."""
    response = _shown(request, token, secret, "secret_dialog", {})
    for name, value in IN_PLACE_OF_THE_DIALOG.items():
        response[name] = value
    return response


def _shown(
    request: HttpRequest, token: ATIToken, secret: str, template: str, page: dict[str, Any]
) -> HttpResponse:
    token_url = reverse("admin:metering_atitoken_change", args=[token.pk])
    facts = {**page, "secret": secret, "token_url": token_url}
    return render(request, f"admin_console/{template}.html", facts)
