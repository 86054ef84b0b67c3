"""A call's page: why this answer, at this price? And a refusal's: which limit, and what to do?"""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from admin_console.activity.around import around, facts_of, ids_of
from admin_console.activity.question import within_reach
from admin_console.activity.said import shown_content
from admin_console.activity.steps import steps_of
from admin_console.activity.verdict import verdict_of
from admin_console.activity.why_refused import why_refused
from admin_console.who import Viewer
from metering.activity.names import Names
from metering.activity.story import Refusal, story_of
from metering.errors import NotFound


def call(request: HttpRequest, viewer: Viewer, page: dict[str, Any], *, id: UUID) -> HttpResponse:
    """The story from top to bottom. Raises Http404 for what is not there or not the viewer's to see."""
    try:
        told = story_of(id, within_reach(viewer))
    except NotFound as missing:
        raise Http404(missing.message) from missing
    names, zone = Names.of([told.line]), page["zone"]
    shown = {
        **page,
        "line": told.line,
        "facts": facts_of(told, names, viewer),
        "ids": ids_of(told),
        "around": around(told.line, names, zone),
    }
    if isinstance(told, Refusal):
        shown |= {"title": "Refused call", **why_refused(told, names, viewer, zone)}
        return render(request, "admin_console/activity/refusal.html", shown)
    shown |= {"verdict": verdict_of(told), "steps": steps_of(told, names, viewer, zone)}
    shown["said"] = shown_content(viewer, id)
    return render(request, "admin_console/activity/call.html", shown)
