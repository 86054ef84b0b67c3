"""Pages of the console for whoever comes to no page, or with a form that is too old: they say so, and lead on."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import now

from admin_console.site import console
from admin_console.who import viewer_of
from admin_console.zone import zone_of


def no_such_page(request: HttpRequest) -> HttpResponse:
    """The same for what is another's and what never was."""
    sentence = "What stood here may be gone, or it is not yours to see. The search finds what is."
    return _page(request, "There is no such page", sentence, status=404)


def form_too_old(request: HttpRequest) -> HttpResponse:
    """A form that was opened before its sender signed in anew: nothing of it was done."""
    sentence = (
        "You have signed in or out since you opened it, so nothing was done. Go back, copy what you typed, "
        "reload the page and send it again."
    )
    return _page(request, "This form is too old", sentence, status=403)


def _page(request: HttpRequest, title: str, sentence: str, *, status: int) -> HttpResponse:
    """With the sidebar for whoever is signed in."""
    viewer = viewer_of(request)
    shown = {**console.each_context(request), "title": title, "sentence": sentence}
    if viewer is None:
        return render(request, "admin_console/not_signed_in.html", shown, status=status)
    shown |= {"viewer": viewer, "zone": zone_of(request, viewer), "now": now()}
    return render(request, "admin_console/lost.html", shown, status=status)
