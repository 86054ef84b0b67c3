"""The page: who asks, what is asked, and the pieces that answer."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import now
from django.views.decorators.http import require_http_methods

from admin_console.auditing import actor_of
from admin_console.doing import is_done
from admin_console.explore.chart import chart_of, title_of_chart
from admin_console.explore.csv_of import csv_of
from admin_console.explore.figures import figures_of
from admin_console.explore.filter_bar import addable, filter_bar
from admin_console.explore.table import lines_of
from admin_console.filters_in_url import Chosen, filters_in_url
from admin_console.onboarding.beginning import what_is_missing
from admin_console.parts import Empty
from admin_console.who import Viewer
from admin_console.wording import day
from metering.errors import MeteringError
from metering.reports.explore import explore
from metering.reports.explored import Explored
from metering.reports.groupings import GROUPINGS
from metering.reports.saved_views import delete_view, save_view, views_of


@require_http_methods(["GET", "HEAD", "POST"])
def explore_page(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    """The report, its CSV (`format=csv`), a filter to add, or a view to keep or forget."""
    chosen = filters_in_url(request.GET, viewer, now=page["now"])
    if request.method == "POST":
        return _change_views(request, viewer, chosen)
    if request.GET.get("add"):
        return HttpResponseRedirect(_with_filter(request, chosen))
    problems, explored = list(chosen.problems), None
    try:
        explored = _explored(chosen, page)
    except MeteringError as error:
        problems.append(error.message)
    if request.GET.get("format") == "csv":
        return csv_of(chosen, explored) if explored is not None and not problems else _no_csv(problems)
    shown = {
        "zone": chosen.zone,
        "chosen": chosen,
        "problems": problems,
        "filters": filter_bar(request.GET, chosen, viewer),
        "addable": addable(viewer),
        "state": chosen.query(),
        "views": _views(viewer, chosen),
        "csv": chosen.link(format="csv"),
        "savings": f"{reverse('admin:savings')}{chosen.link()}",
        **(_shown(request, viewer, chosen, explored) if explored is not None else {}),
    }
    return render(request, "admin_console/explore.html", {**page, **shown})


def _no_csv(problems: list[str]) -> HttpResponse:
    """A file has no room to say that it is of something else than was asked for."""
    return HttpResponse("\n".join(problems), status=400, content_type="text/plain; charset=utf-8")


def _explored(chosen: Chosen, page: dict[str, Any]) -> Explored:
    return explore(
        chosen.usage,
        metric=chosen.metric,
        group=chosen.group,
        subgroup=chosen.subgroup,
        bucket=chosen.bucket,
        now=page["now"],
    )


NO_CALLS = Empty(
    title="No calls in this range",
    text="Choose more days, or take a filter away.",
    button="Show 30 days without filters",
    url="?",
)


def _shown(request: HttpRequest, viewer: Viewer, chosen: Chosen, explored: Explored) -> dict[str, Any]:
    return {
        "figures": figures_of(chosen, explored),
        "chart": chart_of(chosen, explored),
        "chart_title": title_of_chart(chosen),
        "days": f"{day(chosen.days.first)} to {day(chosen.days.last)}",
        "table_title": _by(chosen),
        "table": lines_of(chosen, explored, request.GET),
        "overlaps": explored.overlaps,
        "empty": None if explored.groups else what_is_missing(viewer) or NO_CALLS,
    }


def _by(chosen: Chosen) -> str:
    by = f"By {GROUPINGS[chosen.group].title.lower()}"
    return f"{by}, then {GROUPINGS[chosen.subgroup].title.lower()}" if chosen.subgroup else by


def _with_filter(request: HttpRequest, chosen: Chosen) -> str:
    """What the form for another filter asks for, as an address that says it by its own name."""
    name, value = request.GET["add"], request.GET.get("is", "").strip()
    return chosen.link(**{name: value}) if name in addable(None) and value else chosen.link()


def _views(viewer: Viewer, chosen: Chosen) -> list[dict[str, Any]]:
    here = chosen.link().removeprefix("?")
    return [
        {"name": view.name, "url": f"?{view.query}", "id": view.pk, "is_current": view.query == here}
        for view in views_of(viewer.user)
    ]


def _change_views(request: HttpRequest, viewer: Viewer, chosen: Chosen) -> HttpResponse:
    facts: dict[str, Any] = {"user": viewer.user, "actor": actor_of(request)}

    def change() -> str:
        if forgotten := request.POST.get("forget"):
            return f"Deleted the view “{delete_view(view_id=_id(forgotten), now=now(), **facts)}”."
        query = chosen.link().removeprefix("?")
        view = save_view(name=request.POST.get("name", "").strip(), query=query, now=now(), **facts)
        return f"Saved this page as “{view.name}”."

    is_done(request, change)
    return HttpResponseRedirect(chosen.link())


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
