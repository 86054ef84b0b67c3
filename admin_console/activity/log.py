"""The log: what is going on, and when did it go wrong?"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from admin_console.activity.bars import bars_of
from admin_console.activity.csv_of import csv_of
from admin_console.activity.filters import filters_of, kept_beside, more_filters
from admin_console.activity.lines import log_rows
from admin_console.activity.question import Question, question_of, within_reach
from admin_console.onboarding.beginning import what_is_missing
from admin_console.parts import Empty, with_query
from admin_console.who import Viewer
from admin_console.wording import count, usd, usd_exact
from metering.activity.histogram import Histogram, histogram
from metering.activity.log import Page, activity_page
from metering.activity.names import Names
from metering.activity.search import MAX_TEXT, Found, find
from metering.activity.status import Status
from metering.errors import InvalidRequest

LINES = 50
MOST_NEWER = 100
FILTER_OF = {"user_id": "user", "token_id": "token", "conversation_id": "conversation", "tags": "tag"}
"""The filter of the address that a search may lead to, by its column."""


def activity(
    request: HttpRequest, viewer: Viewer, page: dict[str, Any]
) -> HttpResponse | StreamingHttpResponse:
    """The page, or its CSV (`format=csv`). A search leads to the one call, or to the log of what was named."""
    question = question_of(request.GET, viewer, page["now"])
    zone = question.chosen.zone
    shown = {**page, "zone": zone, "problems": list(question.problems)}
    shown["q"] = request.GET.get("q", "").strip()[:MAX_TEXT]
    try:
        if shown["q"]:
            return _searched(request, viewer, shown)
        if request.GET.get("format") == "csv":
            return csv_of(question.asked)
        lines = activity_page(question.asked, limit=LINES, before=question.before)
    except InvalidRequest as refusal:
        shown["problems"].append(refusal.message)
        lines = Page(lines=[], next=None)
    shown |= _listed(request, viewer, question, lines, page["now"]) | _counted(
        request, question, shown["problems"]
    )
    return render(request, "admin_console/activity/log.html", shown)


def _searched(request: HttpRequest, viewer: Viewer, shown: dict[str, Any]) -> HttpResponse:
    found = find(shown["q"], within_reach(viewer))
    if found.column:
        target = {"range": "30d", FILTER_OF[found.column]: found.name}
        return redirect(f"{reverse('admin:activity')}?{urlencode(target)}")
    if len(found.lines) == 1:
        return redirect("admin:activity_call", found.lines[0].id)
    shown |= {"rows": _rows(found, viewer, shown), "found": found, "empty": _nothing(shown["q"])}
    return render(request, "admin_console/activity/found.html", shown)


def _rows(found: Found, viewer: Viewer, shown: dict[str, Any]) -> list[Any]:
    names = Names.of(found.lines)
    return log_rows(found.lines, names, shown["zone"], shown["now"], with_tenant=viewer.tenant is None)


def _listed(
    request: HttpRequest, viewer: Viewer, question: Question, lines: Page, now: datetime
) -> dict[str, Any]:
    names = Names.of(lines.lines)
    with_tenant = question.asked.tenant is None
    more = more_filters(request.GET, viewer)
    pinned = request.GET.get("at", "") if question.before else ""
    at = pinned or (str(lines.lines[0].id) if lines.lines else "")
    older = with_query(request.GET, cursor=str(lines.next), at=at) if lines.next else ""
    return {
        "rows": log_rows(lines.lines, names, question.chosen.zone, now, with_tenant=with_tenant),
        "older": older,
        "newest": with_query(request.GET, at=None) if question.before else "",
        "newer": _newer(question, pinned) if pinned else "",
        "filters": filters_of(request.GET, viewer, question),
        "more": more,
        "kept_beside": kept_beside(request.GET, more),
        "export": with_query(request.GET, format="csv"),
        "leaves_out_refusals": question.asked.status is None and not question.asked.wants_refusals,
        "empty": None if lines.lines else _empty(request, viewer),
    }


def _empty(request: HttpRequest, viewer: Viewer) -> Empty:
    return what_is_missing(viewer) or Empty(
        title="No call in this time with these filters",
        text="Calls, refusals and calls in flight are listed here as they come. Try a longer time.",
        button="The last 30 days",
        url=with_query(request.GET, range="30d", **{"from": None, "to": None}),
    )


def _newer(question: Question, at: str) -> str:
    """How many calls came since the first page was opened; empty: none, or it is not known."""
    try:
        since, lines = UUID(at), activity_page(question.asked, limit=MOST_NEWER).lines
    except (ValueError, InvalidRequest):
        return ""
    newer = sum(line.id > since for line in lines)
    if not newer:
        return ""
    if newer == MOST_NEWER:
        return f"More than {newer - 1} newer lines"
    return "1 newer line" if newer == 1 else f"{newer} newer lines"


def _counted(request: HttpRequest, question: Question, problems: list[str]) -> dict[str, Any]:
    try:
        found = histogram(question.asked, zone=question.chosen.zone.key)
    except InvalidRequest as refusal:
        problems.append(f"The bars are left out. {refusal.message}")
        return {}
    return {
        "chart": bars_of(found, request.GET, question.chosen.zone),
        "histogram": found,
        "sentence": _sentence(found),
        "charged": usd(found.cost_nano_usd),
        "charged_exact": usd_exact(found.cost_nano_usd),
        "held": usd(found.held_nano_usd),
        "held_exact": usd_exact(found.held_nano_usd),
        "in_flight": count(found.in_flight),
        "in_flight_url": with_query(request.GET, status=Status.IN_FLIGHT.value),
    }


def _sentence(found: Histogram) -> str:
    calls = found.of(*Status)
    return "1 call" if calls == 1 else f"{count(calls)} calls"


def _nothing(text: str) -> Empty:
    return Empty(
        title=f"Nothing is known by “{text}”",
        text="Look for a request's id, an e-mail address, a token's prefix, a conversation, a tag, a trace or an "
        "idempotency key. Refusals are kept for 90 days; idempotency keys are free again a day after their call.",
        button="To the log",
        url=reverse("admin:activity"),
    )
