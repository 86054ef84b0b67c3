"""Search: a page of its own, and the answers of the palette that `/` and Ctrl-K open."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from admin_console.search.find import SHORTEST, Found, find
from admin_console.who import Viewer


def search(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    """The theme's palette asks with `s`, the page's own form with `q`."""
    if "s" in request.GET:
        return _palette(request, find(request.GET["s"], viewer))
    text = request.GET.get("q", "")
    shown = {"text": text, "found": find(text, viewer), "is_short": len(text.strip()) < SHORTEST}
    return render(request, "admin_console/search.html", {**page, **shown})


def _palette(request: HttpRequest, found: list[Found]) -> HttpResponse:
    response = render(request, "admin_console/search_results.html", {"found": found})
    response["HX-Trigger"] = "search"  # what the theme waits for
    return response
