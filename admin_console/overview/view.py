"""The overview: what people see first, each in their own reach."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from admin_console.who import Viewer


def overview(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    return render(request, "admin_console/overview.html", page)
