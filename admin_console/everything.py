"""All records: every noun with its list, for whoever looks for what has no page."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from admin_console.who import Viewer


def everything(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    """The lists in groups, as the sidebar has them in one row."""
    return render(request, "admin_console/everything.html", {**page, "app_list": page["available_apps"]})
